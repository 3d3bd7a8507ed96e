/**
 * Does `work` for each item, some at a time: enough to hide the way to the catalog, few enough for its limits.
 * @returns what came of each, in the order of the items
 * @throws the first error, when what was begun has ended
 */
export const someAtOnce = async <T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce = 16,
): Promise<R[]> => {
  const done: R[] = []
  for (let start = 0; start < items.length; start += atOnce) {
    const ends = await Promise.allSettled(items.slice(start, start + atOnce).map(work))
    for (const end of ends) {
      if (end.status === 'rejected') throw end.reason
      done.push(end.value)
    }
  }
  return done
}
