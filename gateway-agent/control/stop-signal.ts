import type { Log } from '../log.ts'

/**
 * Aborted when the process is asked to end: SIGTERM, SIGINT, or the death of the supervisor that started it (its IPC channel
 * closes). Said twice it is the same wish: Ctrl-C reaches the supervisor and us, and the supervisor passes it on. After `graceMs`
 * milliseconds the process ends as it is; what it leaves then is removed at the next start.
 */
export const stopSignal = ({
  process,
  log,
  graceMs,
}: {
  process: NodeJS.Process
  log: Log
  graceMs: number
}): AbortSignal => {
  const stopping = new AbortController()
  const stop = (why: string) => {
    if (stopping.signal.aborted) return
    log.info(`Stopping (${why}).`)
    stopping.abort()
    setTimeout(() => process.exit(1), graceMs).unref()
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  if (process.connected) process.on('disconnect', () => stop('the supervisor is gone'))
  return stopping.signal
}
