import { ExitCode } from './exit-codes.ts'
import type { Host } from './host.ts'

/**
 * Runs `work`, which may be stopped from the keyboard or by a signal; it cleans up and throws then.
 * @returns its exit code, or `interrupted`
 */
export const stoppable = async (
  host: Host,
  work: (signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const stop = new AbortController()
  const stopListening = host.onStop(({ signal }) => stop.abort(new Error(signal)))
  try {
    return await work(stop.signal)
  } catch (error) {
    if (stop.signal.aborted) return ExitCode.interrupted
    throw error
  } finally {
    stopListening()
  }
}
