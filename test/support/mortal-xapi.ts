import type { Xapi } from '#gateway-agent/xapi/api.ts'

const READS = /\.(get_|assert_)|^event\./

/**
 * An agent's hands that die: after so many calls that change something, no call is answered, and none is made any more.
 * @param dies whether to, told how many calls that change something were done and which was the last
 */
export const mortalXapi = (
  xapi: Xapi,
  dies: (done: number, last: string | undefined) => boolean,
) => {
  const died = Promise.withResolvers<string>()
  const done: string[] = []
  let dead = false
  const wrap =
    <A extends [string, ...unknown[]], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const never = new Promise<R>(() => undefined)
      if (dead) return never
      if (READS.test(args[0])) return work(...args)
      if (dies(done.length, done.at(-1))) {
        dead = true
        died.resolve(`before ${args[0]}, after ${done.at(-1) ?? 'nothing'}`)
        return never
      }
      done.push(args[0])
      return work(...args)
    }
  return {
    xapi: {
      ...xapi,
      call: wrap(xapi.call as never) as Xapi['call'],
      run: wrap(xapi.run as never) as Xapi['run'],
      upload: wrap(xapi.upload as never) as Xapi['upload'],
    },
    /** Tells where it died. */
    died: died.promise,
    done,
  }
}
