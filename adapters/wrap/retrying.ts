import { ObjectExistsError } from '#core/errors/store.ts'
import type { ObjectStat, ObjectStore } from '#core/ports.ts'
import { type BackoffOptions, withBackoff } from './backoff.ts'

/**
 * Repeats what failed with a retryable error.
 *
 * A put whose reply got lost has made the object, and its repetition meets it: when the stored bytes are the ones sent, the put
 * has succeeded. So two writers that race for a key must not send the same bytes, or both may believe they won: an object
 * that decides something holds something of its writer's own.
 */
export const retrying = (store: ObjectStore, options: BackoffOptions): ObjectStore => {
  const isStored = async (key: string, parts: readonly Uint8Array[]) => {
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    if ((await store.stat(key))?.size !== size) return false
    return Buffer.concat(parts).equals(await store.get(key))
  }

  const put: ObjectStore['put'] = (key, parts) => {
    let inDoubt = false // set by a call that failed without saying whether it took effect
    return withBackoff(options, async () => {
      try {
        await store.put(key, parts)
      } catch (error) {
        if (inDoubt && error instanceof ObjectExistsError && (await isStored(key, parts))) return
        inDoubt = true
        throw error
      }
    })
  }

  const get: ObjectStore['get'] = (key, range) => withBackoff(options, () => store.get(key, range))

  const stat: ObjectStore['stat'] = key => withBackoff(options, () => store.stat(key))

  // A list that breaks off goes on behind the last object it gave; each step may fail as often as any other call.
  async function* list(prefix: string, { after = '' }: { after?: string } = {}) {
    let last = after
    let steps: AsyncIterator<ObjectStat> | undefined
    try {
      for (;;) {
        const step = await withBackoff(options, async attempt => {
          if (attempt > 1) steps = undefined // a generator that has thrown is at its end
          steps ??= store.list(prefix, last === '' ? {} : { after: last })[Symbol.asyncIterator]()
          return steps.next()
        })
        if (step.done) return
        last = step.value.key
        yield step.value
      }
    } finally {
      await steps?.return?.()
    }
  }

  return { address: store.address, put, get, stat, list }
}
