import type { RestoreWishes } from '#core/contracts/restore.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { VmRunsError } from '#core/errors/restore.ts'
import type { Xapi } from '../xapi/api.ts'
import type { FoundVm } from '../xapi/vms.ts'
import { VoidAnswer } from '../xapi/void-answer.ts'

/** @throws `VM_RUNS` for a VM that is not off, where nobody consented to shutting it down */
export const guardOff = (
  { record }: FoundVm,
  { shutDown }: Pick<RestoreWishes, 'shutDown'>,
): void => {
  if (record.power_state !== 'Halted' && !shutDown)
    throw new VmRunsError(record.name_label, record.power_state)
}

/**
 * Switches a VM off: cleanly, and hard when the guest does not comply. A suspended one loses its memory image.
 * @returns how, one sentence each
 * @throws `VM_RUNS`, {@link XapiError}
 */
export const shutDown = async (
  { run }: Xapi,
  vm: FoundVm,
  wishes: Pick<RestoreWishes, 'shutDown'>,
): Promise<string[]> => {
  const { ref, record } = vm
  guardOff(vm, wishes)
  if (record.power_state === 'Halted') return []
  if (record.power_state === 'Running')
    try {
      await run('VM.clean_shutdown', [ref], VoidAnswer)
      return [`"${record.name_label}" was shut down for this.`]
    } catch (error) {
      if (!(error instanceof XenkeepError)) throw error
    }
  await run('VM.hard_shutdown', [ref], VoidAnswer)
  return [`"${record.name_label}" did not shut down by itself and was switched off for this.`]
}
