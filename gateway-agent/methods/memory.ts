import { MethodUnavailableError } from '#core/errors/methods.ts'
import { isXapiError, type XapiError } from '#core/errors/xenserver.ts'
import { TooLongError } from '../xapi/in-time.ts'
import { ofHalted } from './halted.ts'
import type { TakeByMethod } from './method.ts'
import { whileStopped } from './while-stopped.ts'

/** What keeps XAPI from writing a VM's memory, as a clause. */
const OBSTACLES: Record<string, string> = {
  VM_LACKS_FEATURE: 'its guest tools do not offer to suspend it',
  VM_MISSING_PV_DRIVERS: 'it has no guest tools',
  VM_NON_SUSPENDABLE: 'it cannot be suspended',
  VM_HAS_PCI_ATTACHED: 'a PCI device is passed through to it',
  VM_HAS_VGPU: 'it has a virtual GPU',
  VM_HAS_VUSBS: 'it has a USB device attached',
  VM_NO_SUSPEND_SR: 'the pool has no storage repository for memory images (suspend SR)',
  VM_CHECKPOINT_SUSPEND_FAILED: 'suspending it failed',
  VM_CHECKPOINT_RESUME_FAILED: 'resuming it failed after its memory had been written',
  VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION: 'one of its disks is reset at every boot',
  VDI_IS_SHARABLE: 'one of its disks is shared between VMs',
  LICENCE_RESTRICTION: 'the licence of the pool does not include it',
  LICENSE_RESTRICTION: 'the licence of the pool does not include it',
  FEATURE_RESTRICTED: 'the licence of the pool does not include it',
  MESSAGE_METHOD_UNKNOWN: 'this release of XenServer does not offer it',
  NOT_IMPLEMENTED: 'this release of XenServer does not offer it',
}

const TOO_LONG = 'writing its memory took so long that it was called off'
const NO_IMAGE = 'XenServer took the checkpoint without an image of its memory'

/**
 * `VM.checkpoint`: suspends the VM, keeps its memory and its disks, and resumes it; the guest stands still for as long as the memory takes
 * to be written. A halted VM has no memory, so its snapshot is an offline one, which is more.
 */
export const memory: TakeByMethod = async ({ pool, vmName, snapshot, by, tell }) => {
  const { vmUuid, owner } = snapshot
  const state = await pool.powerState(vmUuid)
  if (state === 'Halted') return pool.snapshotVm({ ...snapshot, worth: ofHalted(vmName, 'memory') })

  tell('writing the memory of the VM')
  // Resumed by XAPI itself; should that fail, whoever comes next knows that the VM has to run.
  if (state === 'Running') await pool.markStopped({ vmUuid, owner, jobId: by ?? snapshot.jobId })
  const taking = () =>
    pool.snapshotVm({
      ...snapshot,
      message: 'VM.checkpoint',
      worth: ({ memory: image }) => {
        if (image) return { consistency: 'memory' }
        throw new MethodUnavailableError(vmName, 'memory', NO_IMAGE)
      },
    })
  return whileStopped(pool, { vmUuid, owner }, () =>
    taking().catch(error => {
      if (error instanceof TooLongError)
        throw new MethodUnavailableError(vmName, 'memory', TOO_LONG, error)
      if (!isXapiError(error, ...Object.keys(OBSTACLES))) throw error
      throw new MethodUnavailableError(vmName, 'memory', obstacle(error), error)
    }),
  )
}

const obstacle = ({ xapiCode }: XapiError): string =>
  `${OBSTACLES[xapiCode] ?? 'XenServer refused'} (${xapiCode})`
