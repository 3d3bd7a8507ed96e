import { isXapiError, XapiError, XapiTaskLostError } from '#core/errors/xenserver.ts'
import type { Ref, RunOptions, Xapi } from './api.ts'
import { EventBatch, RefText, TaskRecord } from './records.ts'
import { decodeTaskResult } from './task-result.ts'
import { VoidAnswer } from './void-answer.ts'

/** Seconds; a fraction makes it a `<double>` on the wire, as the data model asks. */
const EVENT_WAIT = 25.5
/** Milliseconds that a cancelled task may take to end before we leave it to XAPI. */
const CANCEL_PATIENCE = 60_000

type Caller = Pick<Xapi, 'call'>

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
 * Waits through `event.from` until a task has ended, however it ended.
 * @throws `XAPI_TASK_LOST` when XAPI no longer knows it
 */
export const waitForTask = async (
  { call }: Caller,
  task: Ref,
  what: string,
  { signal, onProgress }: RunOptions = {},
): Promise<TaskRecord> => {
  const options = { timeout: (EVENT_WAIT + 30) * 1000, ...(signal && { signal }) }
  const look = async (): Promise<TaskRecord> => {
    try {
      return await call('task.get_record', [task], TaskRecord, options)
    } catch (error) {
      if (isXapiError(error, 'HANDLE_INVALID')) throw new XapiTaskLostError(what, error)
      throw error
    }
  }
  for (let token = ''; ; ) {
    let seen: TaskRecord | undefined
    try {
      const batch = await call(
        'event.from',
        [[`task/${task}`], token, EVENT_WAIT],
        EventBatch,
        options,
      )
      token = batch.token
      const event = batch.events.findLast(({ ref }) => ref === task)
      if (event?.operation === 'del') throw new XapiTaskLostError(what)
      // Silence may mean that the task is gone, or that a restarted coordinator knows nothing of our token.
      seen = event ? TaskRecord.parse(event.snapshot) : await look()
    } catch (error) {
      if (!isXapiError(error, 'EVENT_FROM_TOKEN_PARSE_FAILURE', 'EVENTS_LOST')) throw error
      token = ''
      continue
    }
    if (finished(seen)) return seen
    onProgress?.(seen.progress)
  }
}

/** @throws {XapiError} where the task failed or was cancelled */
export const assertTaskSucceeded = (task: TaskRecord, what: string): void => {
  if (task.status === 'success') return
  const description = task.error_info.length > 0 ? task.error_info : ['TASK_CANCELLED']
  throw new XapiError(description, what)
}

/** `Xapi.run` on top of `Xapi.call`. */
export const runTask =
  ({ call }: Caller): Xapi['run'] =>
  async (method, parameters, as, { signal, onProgress } = {}) => {
    signal?.throwIfAborted()
    const task = await call(`Async.${method}`, parameters, RefText, signal && { signal })
    try {
      const record = await waitForTask({ call }, task, method, {
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
      }).catch(async error => {
        if (!signal?.aborted) throw error
        await cancelTask({ call }, task)
        return waitForTask({ call }, task, method, { signal: AbortSignal.timeout(CANCEL_PATIENCE) })
      })
      if (record.status !== 'success') signal?.throwIfAborted()
      assertTaskSucceeded(record, method)
      return decodeTaskResult(record.result, as, method)
    } finally {
      await destroyTask({ call }, task)
    }
  }
