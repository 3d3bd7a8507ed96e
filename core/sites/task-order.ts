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

/**
 * The order of some of a site's tasks among themselves: one that waits for a task that is not among them waits for what that waits for.
 * @param tasks of the site, none before one that it waits for
 * @param some of them, in any order
 * @returns for each of `some` the places of those before it
 */
export const orderAmong = (
  tasks: readonly Pick<SiteTask, 'id' | 'after'>[],
  some: readonly Pick<SiteTask, 'id'>[],
): number[][] => {
  const places = new Map(some.map(({ id }, index) => [id, index]))
  /** The nearest of `some` that come before a task; thousands of desktops wait for the same few. */
  const nearest = new Map<string, readonly string[]>()
  const shared = new Map<string, readonly string[]>()
  for (const { id, after } of tasks) {
    const key = JSON.stringify(after)
    const found = shared.get(key) ?? [
      ...new Set(after.flatMap(one => (places.has(one) ? [one] : (nearest.get(one) ?? [])))),
    ]
    shared.set(key, found)
    nearest.set(id, found)
  }
  return some.map(({ id }) => (nearest.get(id) ?? []).flatMap(one => places.get(one) ?? []))
}
