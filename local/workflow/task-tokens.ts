import { randomUUID } from 'node:crypto'

/** A failure as Step Functions names it: `Retry` and `Catch` match its name. */
export const stepError = (name: string, cause: string): Error => {
  const error = new Error(cause)
  error.name = name
  return error
}

interface Waiting {
  resolve: (output: unknown) => void
  reject: (error: Error) => void
  restart: () => void
  timer: NodeJS.Timeout
}

export interface TaskTokens {
  /**
   * A new token, and what comes of it.
   * The promise is rejected with `States.HeartbeatTimeout` when nothing is heard for `heartbeatSeconds`.
   */
  issue(heartbeatSeconds: number): { token: string; answer: Promise<unknown> }
  succeed(token: string, output: unknown): boolean
  fail(token: string, error: string, cause: string): boolean
  heartbeat(token: string): boolean
}

/** The tokens of tasks that wait for a callback. They live as long as this process: after a restart each task is dispatched anew. */
export const taskTokens = (): TaskTokens => {
  const waiting = new Map<string, Waiting>()

  /** Settles a waiting task once; false where nobody waits. */
  const settle = (token: string, how: (entry: Waiting) => void): boolean => {
    const entry = waiting.get(token)
    if (!entry) return false
    clearTimeout(entry.timer)
    waiting.delete(token)
    how(entry)
    return true
  }

  return {
    issue(heartbeatSeconds) {
      const token = randomUUID()
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const startTimer = () =>
        setTimeout(
          () =>
            settle(token, entry =>
              entry.reject(
                stepError(
                  'States.HeartbeatTimeout',
                  `no heartbeat for ${heartbeatSeconds} seconds`,
                ),
              ),
            ),
          heartbeatSeconds * 1_000,
        )
      const restart = () => {
        const entry = waiting.get(token)
        if (!entry) return
        clearTimeout(entry.timer)
        entry.timer = startTimer()
      }
      waiting.set(token, { resolve, reject, restart, timer: startTimer() })
      return { token, answer: promise }
    },
    succeed: (token, output) => settle(token, entry => entry.resolve(output)),
    fail: (token, error, cause) => settle(token, entry => entry.reject(stepError(error, cause))),
    heartbeat(token) {
      waiting.get(token)?.restart()
      return waiting.has(token)
    },
  }
}
