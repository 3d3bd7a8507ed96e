import type { Database } from './database.ts'
import { XapiError } from './errors.ts'
import type { Ref } from './records/index.ts'
import type { Wire } from './wire.ts'
import { writeValue } from './xmlrpc.ts'

const COMPLETED_KEPT_MS = 65 * 60 * 1000
const PENDING_KEPT_MS = 24 * 60 * 60 * 1000
const MOST_TASKS = 200

export interface Tasks {
  /** A new pending task. `cancellable` work shows `cancel` among the allowed operations. */
  begin(label: string, options?: TaskOptions): Ref
  progress(ref: Ref, fraction: number): void
  /** Success; the result is kept as the XML-RPC text of the value. */
  complete(ref: Ref, result?: Wire): void
  /** Failure, or `cancelled` when the error is TASK_CANCELLED. */
  fail(ref: Ref, error: XapiError): void
  /** Only records the wish; the worker polls with `assertNotCancelled`. */
  cancel(ref: Ref): void
  /** Throws TASK_CANCELLED [ref] once somebody asked for it. */
  assertNotCancelled(ref: Ref): void
  /** Deletes a finished task; a pending one goes when it completes. */
  destroy(ref: Ref): void
  /** Collects old tasks; XAPI does so every 30 s. */
  collect(): void
  /** What a restart of the coordinator's toolstack does. */
  forgetAll(): void
}

interface TaskOptions {
  readonly description?: string
  readonly session?: Ref
  readonly host?: Ref
  readonly cancellable?: boolean
  readonly subtaskOf?: Ref
}

export const createTasks = (database: Database, clock: () => Date): Tasks => {
  const doomed = new Set<Ref>()

  const finish = (ref: Ref, fields: Parameters<typeof database.update<'task'>>[2]) => {
    const task = database.find('task', ref)
    // Gone meanwhile, or closed by its owner: nothing to tell.
    if (task?.status !== 'pending') return
    database.update('task', ref, {
      ...fields,
      finished: clock(),
      progress: 1,
      allowed_operations: ['destroy'],
      current_operations: {},
    })
    if (doomed.delete(ref)) remove(ref)
  }
  const remove = (ref: Ref) => {
    database.remove('task', ref)
    for (const [session, { tasks }] of database.all('session'))
      if (tasks.includes(ref))
        database.update('session', session, { tasks: tasks.filter(t => t !== ref) })
  }

  return {
    begin: (label, options = {}) => {
      const { description, session, host, cancellable, subtaskOf } = options
      const ref = database.create('task', {
        name_label: label,
        name_description: description ?? '',
        created: clock(),
        status: 'pending',
        type: '<none/>',
        ...(host ? { resident_on: host } : {}),
        ...(subtaskOf ? { subtask_of: subtaskOf } : {}),
        allowed_operations: cancellable ? ['cancel', 'destroy'] : ['destroy'],
      })
      const owner = session ? database.find('session', session) : undefined
      if (session && owner) database.update('session', session, { tasks: [...owner.tasks, ref] })
      return ref
    },
    progress: (ref, fraction) => {
      if (database.find('task', ref)?.status === 'pending')
        database.update('task', ref, { progress: fraction })
    },
    complete: (ref, result) =>
      finish(ref, { status: 'success', result: result ? writeValue(result) : '' }),
    fail: (ref, error) =>
      finish(ref, {
        status: error.code === 'TASK_CANCELLED' ? 'cancelled' : 'failure',
        error_info: [...error.description],
      }),
    cancel: ref => {
      const task = database.get('task', ref)
      if (task.status !== 'pending') return
      if (!task.allowed_operations.includes('cancel'))
        throw new XapiError('OPERATION_NOT_ALLOWED', 'This task does not support cancellation')
      database.update('task', ref, { current_operations: { [ref]: 'cancel' } })
    },
    assertNotCancelled: ref => {
      const operations = database.find('task', ref)?.current_operations ?? {}
      if (Object.values(operations).includes('cancel')) throw new XapiError('TASK_CANCELLED', ref)
    },
    destroy: ref => {
      if (database.get('task', ref).status === 'pending') doomed.add(ref)
      else remove(ref)
    },
    collect: () => {
      const now = clock().getTime()
      const finished: [Ref, number][] = []
      for (const [ref, task] of [...database.all('task')]) {
        if (task.status === 'pending') {
          if (task.progress === 0 && now - task.created.getTime() > PENDING_KEPT_MS) remove(ref)
        } else if (now - task.finished.getTime() > COMPLETED_KEPT_MS) remove(ref)
        else finished.push([ref, task.finished.getTime()])
      }
      const excess = database.all('task').size - MOST_TASKS
      if (excess <= 0) return
      for (const [ref] of finished.sort((a, b) => a[1] - b[1]).slice(0, excess)) remove(ref)
    },
    forgetAll: () => {
      for (const ref of [...database.all('task').keys()]) database.remove('task', ref)
      doomed.clear()
    },
  }
}
