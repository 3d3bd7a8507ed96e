import type { RestoreWishes } from '#core/contracts/restore.ts'
import { VmRunsError } from '#core/errors/restore.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import { limits } from '../limits.ts'
import type { Xapi } from '../xapi/api.ts'
import { shutDown } from '../xapi/power/shut-down.ts'
import { stoppedBy } from '../xapi/power/stopped-vm.ts'
import type { FoundVm } from '../xapi/vms.ts'
import { VoidAnswer } from '../xapi/void-answer.ts'

/** @throws `VM_RUNS` for a VM that is not off, where nobody consented to shutting it down */
export const guardOff = (
  { record }: FoundVm,
  { shutDown: consent }: Pick<RestoreWishes, 'shutDown'>,
): void => {
  if (record.power_state !== 'Halted' && !consent)
    throw new VmRunsError(record.name_label, record.power_state)
}

/**
 * Switches a VM off for a restore: cleanly, and hard when the guest does not comply. It bears the mark of a VM that has to run again
 * until its safety snapshot is there. A suspended one loses its memory image.
 * @returns whether it has to run again, also where a job that was cut off shut it down; and how, one sentence each
 * @throws `VM_RUNS`, `RESTORE_TARGET`, `VM_NOT_STARTED`, {@link XapiError}
 */
export const shutDownForRestore = async (
  xapi: Xapi,
  vm: FoundVm,
  { wishes, maker, signal }: { wishes: RestoreWishes; maker: Maker; signal: AbortSignal },
): Promise<{ wasRunning: boolean; notes: string[] }> => {
  guardOff(vm, wishes)
  const { ref, record } = vm
  const { name_label: name, power_state: state } = record
  if (state === 'Halted') return { wasRunning: stoppedBy(record)?.owner === maker.owner, notes: [] }
  if (state !== 'Running') {
    await xapi.run('VM.hard_shutdown', [ref], VoidAnswer)
    return {
      wasRunning: false,
      notes: [`"${name}" was ${state.toLowerCase()} and was switched off for this.`],
    }
  }
  const switchedOff = await shutDown(xapi, vm, {
    ...{ ...maker, seconds: limits.shutdownSeconds, hard: true, signal },
    unavailable: (why, cause) =>
      new RestoreTargetError(`the VM "${name}" has to be off, and ${why}`, cause),
  })
  return { wasRunning: true, notes: [switchedOff ?? `"${name}" was shut down for this.`] }
}
