import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Done, Order } from './orders.ts'

/** A helper process, as the agent has it. */
export interface Helper {
  readonly pid: number
  isThere(): boolean
  readonly ended: Promise<void>
  /** @returns why it was not done, a clause; `limitMs` without an answer, and the end of the helper, are such */
  order(order: Order, limitMs: number): Promise<string | undefined>
  kill(): void
  /** Its end; it thaws before, unless it was stopped or hangs: then it is killed. */
  end(): Promise<void>
}

export const HELPER_ENDED = 'a helper process of the agent ended'
const NO_ANSWER = 'a helper process of the agent does not answer'

/** Whether a helper has answered, be it with a reason why not. */
export const isAnswer = (why: string | undefined): boolean =>
  why !== HELPER_ENDED && why !== NO_ANSWER

/** In ms. */
const END_MS = 2_000

/** @param program for tests: a copy elsewhere */
export const startHelper = (
  program = fileURLToPath(new URL('./helper.ts', import.meta.url)),
): Helper => {
  // A session of its own: what is sent to the agent's terminal or group does not reach it. Nothing of our environment, which may have it write caches or logs.
  const child = fork(program, [], {
    ...{ cwd: '/', env: {}, execArgv: [], detached: true },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.once('error', () => resolve())
  const waiting = new Map<string, (why: string | undefined) => void>()
  child.on('message', ({ did, lease, why }: Done) => {
    const key = `${did} ${lease}`
    waiting.get(key)?.(why)
    waiting.delete(key)
  })
  const isThere = () => child.exitCode === null && child.signalCode === null && child.connected
  return {
    pid: child.pid ?? 0,
    isThere,
    ended,
    kill: () => void child.kill('SIGKILL'),
    order(order, limitMs) {
      if (!isThere()) return Promise.resolve(HELPER_ENDED)
      const answer = Promise.withResolvers<string | undefined>()
      waiting.set(`${order.order} ${order.lease}`, answer.resolve)
      const timer = setTimeout(() => answer.resolve(NO_ANSWER), limitMs)
      void ended.then(() => answer.resolve(HELPER_ENDED))
      child.send(order, error => {
        if (error) answer.resolve(HELPER_ENDED)
      })
      return answer.promise.finally(() => clearTimeout(timer))
    },
    async end() {
      if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
      await ended
      clearTimeout(timer)
    },
  }
}
