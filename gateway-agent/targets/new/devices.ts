import { XapiError } from '#core/errors/xenserver.ts'
import type { DiskMetadata, VmMetadata } from '#core/points/vm-metadata.ts'
import type { CdPlan } from '#core/restore/cds.ts'
import { vbdOfDisk } from '#core/restore/vbd.ts'
import type { VmPlan } from '#core/restore/vm.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { NULL_REF, RefText } from '../../xapi/records.ts'
import { unlessGone } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'

/** A guest that is going to be resumed has the device already: XAPI gives it back what is said to be attached. */
const known = ({ userdevice }: { userdevice: string }) => ({
  currently_attached: true,
  ...(/^\d+$/.test(userdevice) && { device: deviceName(Number(userdevice)) }),
})

/** `xvda` for 0, …, `xvdaa` for 26. */
const deviceName = (index: number): string => {
  const letter = (n: number) => String.fromCharCode(97 + n)
  const first = index < 26 ? '' : letter(Math.floor(index / 26) - 1)
  return `xvd${first}${letter(index % 26)}`
}

/** @param suspended the VM is, and its guest knows the disk */
export const createVbd = async (
  { call }: Xapi,
  vm: Ref,
  vdi: Ref,
  disk: DiskMetadata,
  suspended = false,
): Promise<void> => {
  const record = { ...vbdOfDisk(disk, vm, vdi), ...(suspended && known(disk)) }
  await call('VBD.create', [record], RefText)
}

export const createCds = async (
  { call }: Xapi,
  vm: Ref,
  cds: readonly CdPlan[],
  suspended = false,
): Promise<void> => {
  for (const { cd, isoUuid } of cds) {
    const iso = isoUuid && (await unlessGone(call('VDI.get_by_uuid', [isoUuid], RefText)))
    const record = {
      VM: vm,
      VDI: iso || NULL_REF,
      userdevice: cd.userdevice,
      bootable: cd.bootable,
      mode: 'RO',
      type: 'CD',
      unpluggable: false,
      empty: !iso,
      other_config: {},
      qos_algorithm_type: '',
      qos_algorithm_params: {},
      ...(suspended && known(cd)),
    }
    await call('VBD.create', [record], RefText)
  }
}

/** @returns what the pool did not take, one sentence each */
export const setBiosStrings = async (
  { call }: Xapi,
  vm: Ref,
  { biosStrings }: VmPlan,
): Promise<string[]> => {
  if (Object.keys(biosStrings).length === 0) return []
  try {
    await call('VM.set_bios_strings', [vm, biosStrings], VoidAnswer)
    return []
  } catch (error) {
    if (!(error instanceof XapiError)) throw error
    return [`The BIOS strings of the VM were not accepted (${error.xapiCode}).`]
  }
}

/**
 * Gives the VM its virtual TPM with what it held. A VM without one still starts, so a refusal is told and no failure.
 * @returns what the pool did not take, one sentence each
 */
export const createVtpms = async (
  { call }: Xapi,
  vm: Ref,
  { vtpmStates = [] }: VmMetadata,
): Promise<string[]> => {
  const notes: string[] = []
  for (const { isUnique, content } of vtpmStates) {
    if (content === undefined) continue // planVm tells of it
    try {
      const vtpm = await call('VTPM.create', [vm, isUnique], RefText)
      await call('VTPM.set_contents', [vtpm, content], VoidAnswer)
    } catch (error) {
      if (!(error instanceof XapiError)) throw error
      notes.push(
        `The virtual TPM was not accepted (${error.xapiCode}); what it protects, such as BitLocker keys, needs its recovery key.`,
      )
    }
  }
  return notes
}
