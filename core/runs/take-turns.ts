/**
 * The items so ordered that the groups take turns: one of each, then the next of each. Within a group they stay in their order.
 * @example takeTurns(['a1', 'a2', 'b1'], name => name[0]) // ['a1', 'b1', 'a2']
 */
export const takeTurns = <T>(items: readonly T[], groupOf: (item: T) => string): T[] => {
  const taken = new Map<string, number>()
  return items
    .map(item => {
      const group = groupOf(item)
      const turn = taken.get(group) ?? 0
      taken.set(group, turn + 1)
      return { item, turn }
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ item }) => item)
}
