import { isXapiError, XapiError } from '#core/errors/xenserver.ts'
import { markOf } from '#core/points/marks.ts'
import type { Ref, Xapi } from './api.ts'
import { isOf, makerOf } from './ours.ts'
import { Refs, VbdRecord, VdiRecord, VmRecord } from './records.ts'
import { unlessGone } from './vms.ts'
import { VoidAnswer } from './void-answer.ts'

const ATTEMPTS = 10
const PAUSE = 5_000 // milliseconds; dom0 lets go of an exported disk after some seconds
/** From this attempt on we no longer wait for dom0 but unplug the disk there. */
const FORCE_FROM = 2

const unplug = async ({ call }: Xapi, vbd: Ref): Promise<void> => {
  try {
    await call('VBD.unplug', [vbd], VoidAnswer)
  } catch (error) {
    if (!isXapiError(error, 'VBD_NOT_UNPLUGGABLE')) throw error
    await call('VBD.set_unpluggable', [vbd, true], VoidAnswer)
    await call('VBD.unplug', [vbd], VoidAnswer)
  }
}

/** The VBDs of a disk with the VM each hangs on. */
const attachmentsOf = async ({ call }: Xapi, vdi: Ref, known?: readonly Ref[]) => {
  const attachments: { ref: Ref; vbd: VbdRecord; vm: VmRecord }[] = []
  const refs = known ?? (await unlessGone(call('VDI.get_VBDs', [vdi], Refs))) ?? []
  for (const ref of refs) {
    const vbd = await unlessGone(call('VBD.get_record', [ref], VbdRecord))
    const vm = vbd && (await unlessGone(call('VM.get_record', [vbd.VM], VmRecord)))
    if (vm) attachments.push({ ref, vbd, vm })
  }
  return attachments
}

/**
 * After a revert or a hand's work a VM may hang on a disk that bears our tags: it is the VM's then.
 * @returns name of a VM that is not of this installation and has the disk
 */
export const foreignUser = async (
  xapi: Xapi,
  vdi: Ref,
  owner: string,
  vbds?: readonly Ref[],
): Promise<string | undefined> => {
  const attachments = await attachmentsOf(xapi, vdi, vbds)
  return attachments.find(({ vm }) => !vm.is_control_domain && !isOf(owner, vm))?.vm.name_label
}

const assertNobodyElses = async (
  xapi: Xapi,
  method: string,
  vdi: Ref,
  owner: string,
): Promise<void> => {
  const record = await unlessGone(xapi.call('VDI.get_record', [vdi], VdiRecord))
  const maker = record && makerOf(record)
  if (maker && maker.owner !== owner)
    throw new XapiError(['VDI_IN_USE', vdi, `XenKeep job ${markOf(maker)}`], method)
  const foreign = await foreignUser(xapi, vdi, owner, record?.VBDs)
  if (foreign !== undefined) throw new XapiError(['VDI_IN_USE', vdi, foreign], method)
}

/** A broken export leaves its disk plugged into the control domain of the host; only such VBDs are touched. */
const detachFromControlDomains = async (xapi: Xapi, vdi: Ref): Promise<void> => {
  for (const { ref, vbd, vm } of await attachmentsOf(xapi, vdi)) {
    if (!vm.is_control_domain) continue
    if (vbd.currently_attached) await unplug(xapi, ref).catch(() => undefined)
    await xapi.call('VBD.destroy', [ref], VoidAnswer).catch(() => undefined)
  }
}

const isAttached = async ({ call }: Xapi, vdi: Ref): Promise<boolean> => {
  for (const ref of (await unlessGone(call('VDI.get_VBDs', [vdi], Refs))) ?? []) {
    const vbd = await unlessGone(call('VBD.get_record', [ref], VbdRecord))
    if (vbd?.currently_attached) return true
  }
  return false
}

/** Waits until no host has the disk attached, at most a minute; whatever comes next tells if that was not enough. */
export const untilDetached = async (xapi: Xapi, vdi: Ref): Promise<void> => {
  for (let attempt = 1; attempt <= 60; attempt++) {
    if (!(await isAttached(xapi, vdi))) return
    // Mostly it has let go by the first look or soon after.
    await xapi.waiting.sleep(Math.min(1_000, 100 * 2 ** attempt))
  }
}

/**
 * Runs `VDI.destroy` or `VDI.data_destroy` on a disk of ours, as often as it takes until nothing holds the disk.
 * A disk that is gone is fine.
 * @throws the last VDI_IN_USE after 50 s, or at once where the disk hangs on a VM of somebody else or bears another installation's
 * mark; and any other failure
 */
export const releaseDisk = async (
  xapi: Xapi,
  method: 'VDI.destroy' | 'VDI.data_destroy',
  vdi: Ref,
  owner: string,
): Promise<void> => {
  await assertNobodyElses(xapi, method, vdi, owner)
  for (let attempt = 1; ; attempt++) {
    try {
      await unlessGone(xapi.call(method, [vdi], VoidAnswer))
      return
    } catch (error) {
      const held = isXapiError(error, 'VDI_IN_USE', 'OTHER_OPERATION_IN_PROGRESS')
      if (!held || attempt === ATTEMPTS) throw error
      if (attempt >= FORCE_FROM) await detachFromControlDomains(xapi, vdi)
      await xapi.waiting.sleep(attempt === 1 ? 1_000 : PAUSE)
    }
  }
}
