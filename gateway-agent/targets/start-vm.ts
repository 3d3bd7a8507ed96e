import { XenkeepError } from '#core/errors/base.ts'
import type { Ref, Xapi } from '../xapi/api.ts'
import { RefText } from '../xapi/records.ts'
import { VoidAnswer } from '../xapi/void-answer.ts'

/** Starts a VM, or resumes one that is suspended. @returns why it does not run, as a sentence */
export const startVm = async ({ call, run }: Xapi, vm: Ref): Promise<string | undefined> => {
  let suspended = false
  try {
    suspended = (await call('VM.get_power_state', [vm], RefText)) === 'Suspended'
    await run(suspended ? 'VM.resume' : 'VM.start', [vm, false, false], VoidAnswer)
    return undefined
  } catch (error) {
    if (!(error instanceof XenkeepError)) throw error
    return suspended
      ? `The VM is complete and suspended, but was not resumed: ${error.message}`
      : `The VM is complete but did not start: ${error.message}`
  }
}
