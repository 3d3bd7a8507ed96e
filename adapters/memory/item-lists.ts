import type { ItemLists } from '#core/ports.ts'

/** The items go to the machine as they are: for Maps that are inline, on one machine and in tests. */
export const inlineItems = (): ItemLists => ({ keep: async (_name, items) => ({ items }) })
