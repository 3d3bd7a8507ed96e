/** Runs `work` over all items, `width` at once. After the first error nothing new starts; what runs is awaited, then it is thrown. */
export const inParallel = async <T>(
  width: number,
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> => {
  const rest = items[Symbol.iterator]()
  let failed = false
  const lane = async () => {
    for (let next = rest.next(); !next.done && !failed; next = rest.next()) {
      try {
        await work(next.value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: width }, lane))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
