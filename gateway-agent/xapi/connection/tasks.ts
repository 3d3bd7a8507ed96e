import { isXapiError, XapiTaskFailedError, XapiTaskLostError } from '#core/errors/xenserver.ts'
import type { Ref, RunOptions, Xapi } from '../api.ts'
import { HostMetricsRecord, HostRecord, NULL_REF, RefText, TaskRecord } from '../records.ts'
import { unlessGone } from '../vms.ts'
import { VoidAnswer } from '../void-answer.ts'
import { eventsSince } from './events.ts'
import { decodeTaskResult } from './task-result.ts'

/** Seconds. */
const EVENT_WAIT = 25.5
/** The first time a task that exists is told at once, so one that is not told within so many seconds is gone. */
const FIRST_WAIT = 1.5

type Caller = Pick<Xapi, 'call'>
type Waiter = Pick<Xapi, 'call' | 'waiting'>

const finished = ({ status }: TaskRecord): boolean =>
  status !== 'pending' && status !== 'cancelling'

/** Forgets a task; on a pending one XAPI does so when it has ended (task.destroy). */
export const destroyTask = async ({ call }: Caller, task: Ref): Promise<void> => {
  await call('task.destroy', [task], VoidAnswer).catch(() => undefined)
}

export const cancelTask = async ({ call }: Caller, task: Ref): Promise<void> => {
  await call('task.cancel', [task], VoidAnswer).catch(() => undefined)
}

/**
 * Waits through `event.from` until a task has ended, however it ended and however long it takes: XAPI itself waits for locks for hours,
 * and forgets what made no progress for a day.
 * @throws `XAPI_TASK_LOST` when XAPI no longer knows it, or its host has died: nobody ends it then
 */
export const waitForTask = async (
  xapi: Waiter,
  task: Ref,
  what: string,
  { signal, onProgress }: RunOptions = {},
): Promise<TaskRecord> => {
  const look = async (): Promise<TaskRecord> => {
    try {
      const record = await xapi.call('task.get_record', [task], TaskRecord, signal && { signal })
      if (!finished(record) && (await hasDied(xapi, record.resident_on)))
        throw new XapiTaskLostError(what, { hostDied: true })
      return record
    } catch (error) {
      if (isXapiError(error, 'HANDLE_INVALID')) throw new XapiTaskLostError(what, { cause: error })
      throw error
    }
  }
  for (let token = ''; ; ) {
    const wait = token === '' ? FIRST_WAIT : EVENT_WAIT
    const batch = await eventsSince(xapi, [`task/${task}`], token, { wait, signal })
    token = batch.token
    const event = batch.events.findLast(({ ref }) => ref === task)
    if (event?.operation === 'del') throw new XapiTaskLostError(what)
    // Silence may mean that the task is gone, that its host is, or that a restarted coordinator knows nothing of our token.
    const seen = event ? TaskRecord.parse(event.snapshot) : await look()
    if (finished(seen)) return seen
    onProgress?.(seen.progress)
  }
}

/** By the word of the pool, which takes a minute with high availability and ten without. One that was removed from the pool is not there either. */
const hasDied = async ({ call }: Caller, host: Ref): Promise<boolean> => {
  if (host === NULL_REF) return false
  const record = await unlessGone(call('host.get_record', [host], HostRecord))
  if (!record) return true
  const { metrics } = record
  const seen = await unlessGone(call('host_metrics.get_record', [metrics], HostMetricsRecord))
  return seen?.live === false
}

/** @throws {XapiTaskFailedError} where the task failed or was cancelled */
export const assertTaskSucceeded = (task: TaskRecord, what: string): void => {
  if (task.status === 'success') return
  const description = task.error_info.length > 0 ? task.error_info : ['TASK_CANCELLED']
  throw new XapiTaskFailedError(description, what)
}

/** `Xapi.run` on top of `Xapi.call`. */
export const runTask =
  ({ call, waiting, timeouts }: Waiter & Pick<Xapi, 'timeouts'>): Xapi['run'] =>
  async (method, parameters, as, { signal, onProgress } = {}) => {
    signal?.throwIfAborted()
    // Not given up with the signal: XAPI may have taken it, and nobody would know the task that is to be cancelled.
    const task = await call(`Async.${method}`, parameters, RefText)
    try {
      const record = await waitForTask({ call, waiting }, task, method, {
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
      }).catch(async error => {
        if (!signal?.aborted) throw error
        await cancelTask({ call }, task)
        return waitForTask({ call, waiting }, task, method, {
          signal: AbortSignal.timeout(timeouts.calledOff),
        }).catch(() => {
          throw signal.reason
        })
      })
      if (record.status !== 'success') signal?.throwIfAborted()
      assertTaskSucceeded(record, method)
      return decodeTaskResult(record.result, as, method)
    } finally {
      await destroyTask({ call }, task)
    }
  }
