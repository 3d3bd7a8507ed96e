import { pauseAfter } from '../../api/patience.ts'
import { isSignedOut } from '../../api/problem.ts'

/**
 * Does something until it is done, however often the way there is gone meanwhile, or the person's sign-in has ended: it goes on when they have signed in again.
 * @param onTrouble hears what keeps it from being done, and `undefined` when that is over
 * @throws what another try cannot mend; the signal's reason
 */
export const steadily = async <T>(
  work: () => Promise<T>,
  { signal, onTrouble }: { signal: AbortSignal; onTrouble: (error: unknown) => void },
): Promise<T> => {
  for (let failures = 0; ; failures++)
    try {
      signal.throwIfAborted()
      const done = await work()
      if (failures > 0) onTrouble(undefined)
      return done
    } catch (error) {
      signal.throwIfAborted()
      if (!isSignedOut(error) && (error as { retryable?: boolean }).retryable !== true) throw error
      onTrouble(error)
      await pause(pauseAfter(0, error), signal)
    }
}

/** @throws the signal's reason */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
