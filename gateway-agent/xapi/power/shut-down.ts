import { isXapiError, XapiError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { Xapi } from '../api.ts'
import { inTime, TooLongError } from '../in-time.ts'
import { VmRecord } from '../records.ts'
import { assertKeepsContent } from '../snapshot/disposable.ts'
import { disksOf, type FoundVm, unlessGone, vbdsOf } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'
import { markStopped, runAgain } from './stopped-vm.ts'

export interface ShutDownOptions extends Maker {
  /** How long the guest may take. */
  seconds: number
  /** Switch it off when it does not shut down. */
  hard: boolean
  signal: AbortSignal
  /** The error to throw where it cannot be done. @param why one clause without a full stop */
  unavailable: (why: string, cause?: unknown) => Error
}

/** XAPI: the guest cannot be asked, does not answer, or does not come to an end. */
const NOT_BY_THE_GUEST = [
  'VM_LACKS_FEATURE',
  'VM_MISSING_PV_DRIVERS',
  'VM_SHUTDOWN_TIMEOUT',
  'VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT',
]
/** Seconds that a guest whose shutdown was called off gets to show that it goes down all the same. */
const LATE_SECONDS = 10
/** How long it is watched after that, in ms: Windows installs updates on its way down. XAPI itself waits 20 minutes. */
const WATCH = 60 * 60_000

/**
 * Shuts a running VM down, marked so that it is started again whatever happens. When this throws, the VM runs; one that has heard the
 * request and may still go down stays marked for an hour.
 * @returns why it was switched off hard, a sentence; nothing where the guest shut down by itself
 * @throws what `unavailable` makes, `VM_CONTENT_DISCARDED`, `VM_NOT_STARTED`, {@link XapiError}
 */
export const shutDown = async (
  xapi: Xapi,
  vm: FoundVm,
  { jobId, owner, seconds, hard, signal, unavailable }: ShutDownOptions,
): Promise<string | undefined> => {
  const { blocked_operations: blocked } = vm.record
  const noStart = blocked.start ?? blocked.start_on
  if (noStart !== undefined)
    throw unavailable(`its start is blocked (${noStart}), so it could not be started again`)

  // Nobody is sent home for a snapshot that XenServer refuses.
  assertKeepsContent(vm, await disksOf(xapi, vm.record, await vbdsOf(xapi, vm.ref)))

  signal.throwIfAborted()
  await markStopped(xapi, vm, { jobId, owner })
  let mayGoDown = false
  try {
    const tooLong = new Error('the time is over')
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(tooLong), seconds * 1_000)
    try {
      await xapi.run('VM.clean_shutdown', [vm.ref], VoidAnswer, {
        signal: AbortSignal.any([signal, limit.signal]),
      })
      return undefined
    } catch (error) {
      // Whatever the error is: XAPI may take long to call it off, too.
      const late = limit.signal.aborted
      const calledOff = signal.aborted || late
      mayGoDown = calledOff || isXapiError(error, 'VM_SHUTDOWN_TIMEOUT')
      const down = calledOff && (await wentDownLate(xapi, vm.ref))
      signal.throwIfAborted()
      if (down) return undefined
      // Somebody does not want it shut down, and would want it even less switched off.
      if (isXapiError(error, 'OPERATION_BLOCKED'))
        throw unavailable('its shutdown is blocked (OPERATION_BLOCKED)', error)
      if (!late && !isXapiError(error, ...NOT_BY_THE_GUEST)) throw error
      const why = late
        ? `the guest did not shut down within ${seconds} s`
        : `the guest does not shut down when asked (${error instanceof XapiError ? error.xapiCode : ''})`
      if (!hard) throw unavailable(why, error)
      await inTime(xapi.timeouts.start, 'VM.hard_shutdown', tooLate =>
        xapi.run('VM.hard_shutdown', [vm.ref], VoidAnswer, {
          signal: AbortSignal.any([signal, tooLate]),
        }),
      ).catch(failed => {
        if (!(failed instanceof TooLongError)) throw failed
        mayGoDown = true
        throw unavailable('switching it off took too long', failed)
      })
      return `The VM was switched off, because ${why}; its disks are as after a power cut.`
    } finally {
      clearTimeout(timer)
    }
  } catch (error) {
    if (mayGoDown) await markStopped(xapi, vm, { jobId, owner }, Date.now() + WATCH)
    await runAgain(xapi, vm.ref, owner)
    throw error
  }
}

/** A guest that has heard the request may go on shutting down after XAPI has stopped waiting. */
const wentDownLate = async (xapi: Xapi, ref: string): Promise<boolean> => {
  for (let second = 0; second < LATE_SECONDS; second++) {
    const record = await unlessGone(xapi.call('VM.get_record', [ref], VmRecord))
    if (record?.power_state === 'Halted') return true
    await xapi.waiting.sleep(1_000)
  }
  return false
}
