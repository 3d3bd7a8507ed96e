import { limits } from '../limits.ts'

/** @returns a clause as a sentence that fits the schemas */
export const asSentence = (clause: string): string => {
  const text = clause.charAt(0).toUpperCase() + clause.slice(1)
  return (/[.!?]$/.test(text) ? text : `${text}.`).slice(0, limits.noteLength)
}
