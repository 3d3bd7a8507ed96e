/** Work was called off because it took too long. */
export class TooLongError extends Error {}

/**
 * Calls work off after a while.
 * @param what that takes too long, to begin a sentence with
 * @throws {TooLongError} and what `work` throws before
 */
export const inTime = async <T>(
  milliseconds: number,
  what: string,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limit = AbortSignal.timeout(milliseconds)
  try {
    return await work(limit)
  } catch (error) {
    if (!limit.aborted) throw error
    throw new TooLongError(`${what} had not ended after ${milliseconds / 1_000} s.`, {
      cause: error,
    })
  }
}
