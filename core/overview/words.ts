/** @returns `2026-11-23`, in UTC */
export const dayText = (instant: number): string => new Date(instant).toISOString().slice(0, 10)

/** @returns `2026-11-23 03:00 UTC` */
export const timeText = (instant: number): string =>
  `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`

export { countText as countOf } from '../count-text.ts'

const NAMED = 3
const NAME_LENGTH = 100 // characters

/** @returns `"a", "b", "c" and 4 more` */
export const namesText = (names: readonly string[]): string => {
  const shown = names.slice(0, NAMED).map(name => `"${name.slice(0, NAME_LENGTH).toWellFormed()}"`)
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more.toLocaleString('en')} more` : shown.join(', ')
}
