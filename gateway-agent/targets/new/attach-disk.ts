import { z } from 'zod'
import type { DiskAttachment } from '#core/contracts/restore-new-disks.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { DiskNotAttachableError } from '#core/errors/restore.ts'
import { isXapiError } from '#core/errors/xenserver.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import {
  GuestMetricsRecord,
  NULL_REF,
  Refs,
  RefText,
  recordsOf,
  VbdRecord,
  VmRecord,
} from '../../xapi/records.ts'
import { type FoundVm, unlessGone } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'

/** Somebody else may take the device that we chose, and again. */
const ATTEMPTS = 3

const GuestRecord = GuestMetricsRecord.extend({
  can_use_hotplug_vbd: z.string().default('unspecified'),
})

const freeDevices = ({ call }: Xapi, vm: Ref): Promise<string[]> =>
  call('VM.get_allowed_VBD_devices', [vm], z.array(z.string()))

/**
 * The VM that disks should be attached to.
 * @param wish its UUID, or a name that only one VM bears
 * @param count how many disks it has to take
 * @throws `DISK_NOT_ATTACHABLE`
 */
export const findAttachable = async (xapi: Xapi, wish: string, count: number): Promise<FoundVm> => {
  const refuse = (why: string): never => {
    throw new DiskNotAttachableError(wish, why)
  }
  const vms = Object.entries(await xapi.call('VM.get_all_records', [], recordsOf(VmRecord)))
  const ordinary = vms.filter(([, vm]) => !vm.is_a_snapshot && !vm.is_control_domain)
  const byUuid = vms.filter(([, { uuid }]) => uuid === wish)
  const found = byUuid.length > 0 ? byUuid : ordinary.filter(([, vm]) => vm.name_label === wish)
  if (found.length > 1) refuse(`the pool has ${found.length} VMs of that name, so tell its UUID`)
  const [ref, record] = found[0] ?? refuse('the pool has no VM of that UUID or name')
  if (record.is_control_domain) refuse('it is the control domain of a host')
  if (record.is_a_snapshot) refuse('it is a snapshot')
  if (record.is_a_template) refuse('it is a template')
  const free = (await freeDevices(xapi, ref)).length
  if (free < count)
    refuse(
      free === 0
        ? 'it has no free device'
        : `it has ${free} free ${free === 1 ? 'device' : 'devices'} for ${count} disks`,
    )
  return { ref, record }
}

/** @returns the VBD by which the disk hangs on the VM already */
const attachmentTo = async ({ call }: Xapi, vm: Ref, vdi: Ref): Promise<Ref | undefined> => {
  for (const ref of await call('VDI.get_VBDs', [vdi], Refs)) {
    const vbd = await unlessGone(call('VBD.get_record', [ref], VbdRecord))
    if (vbd?.VM === vm) return ref
  }
  return undefined
}

const createVbd = async (xapi: Xapi, vm: Ref, vdi: Ref, name: string): Promise<Ref> => {
  for (let attempt = 1; ; attempt++) {
    const [userdevice] = await freeDevices(xapi, vm)
    if (userdevice === undefined) throw new DiskNotAttachableError(name, 'it has no free device')
    const record = {
      ...{ VM: vm, VDI: vdi, userdevice, bootable: false, mode: 'RW', type: 'Disk', empty: false },
      ...{ unpluggable: true, other_config: {}, qos_algorithm_type: '', qos_algorithm_params: {} },
    }
    try {
      return await xapi.call('VBD.create', [record], RefText)
    } catch (error) {
      // Where the answer was lost, it may hang there all the same.
      const there = await attachmentTo(xapi, vm, vdi)
      if (there !== undefined) return there
      if (attempt === ATTEMPTS || !isXapiError(error, 'DEVICE_ALREADY_EXISTS')) throw error
    }
  }
}

/** @returns why the guest cannot have the disk now, a clause; nothing where it has it */
const plug = async (xapi: Xapi, vbd: Ref, { record }: FoundVm): Promise<string | undefined> => {
  const state = record.power_state
  if (state === 'Halted') return 'the VM is off'
  if (state !== 'Running') return `the VM is ${state.toLowerCase()}`
  const guest =
    record.guest_metrics === NULL_REF
      ? undefined
      : await unlessGone(
          xapi.call('VM_guest_metrics.get_record', [record.guest_metrics], GuestRecord),
        )
  const hotplug = guest?.can_use_hotplug_vbd
  if (hotplug === 'no' || (hotplug !== 'yes' && !guest?.PV_drivers_detected))
    return 'its guest does not take disks while it runs'
  try {
    await xapi.run('VBD.plug', [vbd], VoidAnswer)
    return undefined
  } catch (error) {
    if (!(error instanceof XenkeepError)) throw error
    if (isXapiError(error, 'DEVICE_ALREADY_ATTACHED')) return undefined
    return `it was not taken while the VM runs (${error.message.replace(/\.$/, '')})`
  }
}

/**
 * Attaches a disk to a VM on the first free device, and plugs it in where the VM runs and its guest can take it. A disk that hangs there
 * already, after an earlier attempt, stays where it is.
 * @returns where it hangs, and why the guest does not have it yet, a clause
 * @throws `DISK_NOT_ATTACHABLE`, {@link XapiError}
 */
export const attachDisk = async (
  xapi: Xapi,
  { ref: vm }: Pick<FoundVm, 'ref'>,
  vdi: Ref,
): Promise<{ attached: DiskAttachment; later?: string }> => {
  const { call } = xapi
  const record = await call('VM.get_record', [vm], VmRecord)
  const vbd =
    (await attachmentTo(xapi, vm, vdi)) ?? (await createVbd(xapi, vm, vdi, record.name_label))
  const before = await call('VBD.get_record', [vbd], VbdRecord)
  const later = before.currently_attached ? undefined : await plug(xapi, vbd, { ref: vm, record })
  const attached: DiskAttachment = {
    ...{ vmUuid: record.uuid, vmName: record.name_label, userdevice: before.userdevice },
    plugged: later === undefined,
  }
  return { attached, ...(later !== undefined && { later }) }
}
