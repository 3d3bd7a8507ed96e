import type { SiteTask } from '../contracts/site-graph.ts'

/**
 * Which tasks each waits for, told as shortly as can be: what one that it waits for waits for itself is left out. Thousands of desktops wait for the same few databases,
 * and each of their jobs says so.
 * @param tasks none before one that it waits for
 * @returns for each task the places of those before it
 */
export const shortOrder = (tasks: readonly Pick<SiteTask, 'id' | 'after'>[]): number[][] => {
  const places = new Map(tasks.map(({ id }, index) => [id, index]))
  const awaited = new Set(tasks.flatMap(({ after }) => after))
  /** All that come before a task that some other waits for. */
  const before = new Map<string, Set<string>>()
  const short = new Map<string, string[]>()
  return tasks.map(({ id, after }) => {
    const key = JSON.stringify(after)
    const needed =
      short.get(key) ??
      after.filter(one => !after.some(other => other !== one && before.get(other)?.has(one)))
    short.set(key, needed)
    if (awaited.has(id))
      before.set(id, new Set([...after, ...after.flatMap(one => [...(before.get(one) ?? [])])]))
    return needed.flatMap(one => places.get(one) ?? [])
  })
}
