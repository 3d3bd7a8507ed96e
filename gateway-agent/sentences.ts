import { limits } from './limits.ts'

/** @returns a clause as a sentence that fits the schemas */
export const asSentence = (clause: string): string => {
  const text = clause.charAt(0).toUpperCase() + clause.slice(1)
  return (/[.!?]$/.test(text) ? text : `${text}.`).slice(0, limits.noteLength)
}

/** @returns what the schemas allow: each sentence once, none too long, not too many */
export const bounded = (notes: readonly string[]): string[] =>
  [...new Set(notes)].slice(0, limits.notes).map(note => note.slice(0, limits.noteLength))
