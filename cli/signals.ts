import type { Host, StopRequest } from './host.ts'

/**
 * Ctrl-C reaches every process of the terminal's foreground group, and npm and our own launcher pass it on once more: one
 * keystroke arrives up to three times within some milliseconds. Only what comes later than this is a second request.
 */
const SAME_REQUEST_MS = 400

/**
 * Listens for requests to stop: SIGINT, SIGTERM, SIGHUP, and the end of the parent where it started us with a channel
 * (our launcher, the demo): then nobody is left to be served.
 */
export const stopRequests =
  (process: NodeJS.Process, now: () => number): Host['onStop'] =>
  listener => {
    let first: number | undefined
    const request = (signal: StopRequest['signal']) => {
      if (first !== undefined && now() - first < SAME_REQUEST_MS) return
      listener({ signal, again: first !== undefined })
      first ??= now()
    }
    const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(
      signal => [signal, () => request(signal)] as const,
    )
    const parentGone = () => request('parent gone')
    for (const [signal, heard] of listeners) process.on(signal, heard)
    if (process.connected) {
      process.on('disconnect', parentGone)
      process.channel?.unref()
    }
    return () => {
      for (const [signal, heard] of listeners) process.off(signal, heard)
      process.off('disconnect', parentGone)
    }
  }
