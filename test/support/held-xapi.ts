import type { Xapi } from '#gateway-agent/xapi/api.ts'

/** An agent's hands that stop before a call of this message, once they are told to, until they are let go on. */
export const heldXapi = (method: string) => {
  const reached = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  let armed = false
  const wrap =
    <A extends [string, ...unknown[]], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (armed && args[0] === method) {
        reached.resolve()
        await released.promise
      }
      return work(...args)
    }
  return {
    of: (xapi: Xapi): Xapi => ({
      ...xapi,
      call: wrap(xapi.call as never) as Xapi['call'],
      run: wrap(xapi.run as never) as Xapi['run'],
    }),
    arm: () => {
      armed = true
    },
    /** It stands before the call. */
    reached: reached.promise,
    release: () => released.resolve(),
    /** Or a test that failed before would wait for it. */
    [Symbol.dispose]: () => released.resolve(),
  }
}
