/** A point that several pieces of work pass together: each arrives or leaves once, and nobody passes before the last has. */
export const createBarrier = (members: number) => {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => undefined) // where nobody waits any more
  let missing = members
  const count = () => {
    missing -= 1
    if (missing === 0) resolve()
  }
  return {
    /** One member's way through: may be called again, and counts once. */
    member: () => {
      let counted = false
      const once = () => {
        if (counted) return
        counted = true
        count()
      }
      return {
        /** @throws what the barrier was broken with */
        arrive: (): Promise<void> => {
          once()
          return promise
        },
        /** Will not come any more; the others do not wait for it. */
        leave: once,
      }
    },
    /** Nobody passes. */
    breakUp: reject,
  }
}
