import { type BackoffOptions, withBackoff } from './backoff.ts'

/**
 * A listing that breaks off goes on where it was; each step may fail as often as any other call.
 * @param open begins the listing behind the key `after` (`''`: at its start)
 * @param nameOf tells items of one key apart; unique within the key
 */
export async function* resumed<T extends { key: string }>(
  options: BackoffOptions,
  after: string,
  open: (after: string) => AsyncIterable<T>,
  nameOf: (item: T) => string,
): AsyncGenerator<T> {
  let behind = after // the last key that is known to be complete
  let key = '' // the one we are in, and what we have given of it
  let given = new Set<string>()
  let steps: AsyncIterator<T> | undefined
  try {
    for (;;) {
      const step = await withBackoff(options, async attempt => {
        if (attempt > 1) steps = undefined // a generator that has thrown is at its end
        steps ??= open(behind)[Symbol.asyncIterator]()
        return steps.next()
      })
      if (step.done) return
      const item = step.value
      if (item.key !== key) {
        if (key !== '') behind = key
        key = item.key
        given = new Set()
      }
      const name = nameOf(item)
      if (given.has(name)) continue
      given.add(name)
      yield item
    }
  } finally {
    await steps?.return?.()
  }
}
