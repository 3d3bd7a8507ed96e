import type { GuestEntry } from '#core/contracts/files-answers.ts'

export type Column = 'name' | 'size' | 'modified' | 'type'
export interface Order {
  by: Column
  descending: boolean
}

/** As people count: `file2` before `file10`. */
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' })

const COMPARED: Record<Column, (a: GuestEntry, b: GuestEntry) => number> = {
  // Those that only look alike stay in one order.
  name: (a, b) => collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1),
  size: (a, b) => sizeOf(a) - sizeOf(b),
  modified: (a, b) => (a.modified < b.modified ? -1 : a.modified > b.modified ? 1 : 0),
  type: (a, b) => collator.compare(a.type, b.type),
}

/** A folder's own size says nothing of what is in it. */
const sizeOf = ({ type, size }: GuestEntry): number => (type === 'file' ? size : -1)

/** Folders first, as file managers have it; what is alike by name. */
export const sorted = (entries: readonly GuestEntry[], { by, descending }: Order): GuestEntry[] => {
  const sign = descending ? -1 : 1
  const compare = COMPARED[by]
  return entries.toSorted(
    (a, b) =>
      Number(b.type === 'directory') - Number(a.type === 'directory') ||
      sign * compare(a, b) ||
      COMPARED.name(a, b),
  )
}

/** Those whose name has the text in it, whatever its case. */
export const matching = (entries: readonly GuestEntry[], text: string): readonly GuestEntry[] => {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return entries
  return entries.filter(({ name }) => name.toLowerCase().includes(wanted))
}
