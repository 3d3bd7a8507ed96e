import { escapeSteering } from '#core/safe-text.ts'

/**
 * Bytes as the file system has them, one character (U+0000 to U+00FF) for each. Names need not be text in any encoding; as strings of this
 * kind they compare, sort and serve as keys in the order of their bytes.
 */
export type RawText = string

export const rawOf = (bytes: Uint8Array): RawText =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** @param text as people type it, stored as UTF-8 */
export const rawOfText = (text: string): RawText => Buffer.from(text, 'utf8').toString('latin1')

export const bytesOf = (raw: RawText): Buffer => Buffer.from(raw, 'latin1')

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * For people: names as UTF-8. What is none, and what would steer a terminal (line breaks, colours, the direction of writing), stands there as its bytes, `\xNN` each; so does a
 * backslash that would be read as the beginning of one. `rawOfReadable` gives back every name.
 */
export const readable = (raw: RawText): string =>
  decoded(raw) ?? raw.split('/').map(readableName).join('/')

const readableName = (name: RawText): string =>
  decoded(name) ?? escapeAll(name.replaceAll(AMBIGUOUS, escaped))

const decoded = (raw: RawText): string | undefined => {
  try {
    return escapeSteering(strict.decode(bytesOf(raw)).replaceAll(AMBIGUOUS, escaped), inBytes)
  } catch {
    return undefined
  }
}

const AMBIGUOUS = /\\(?=x[\da-f]{2})/gi

const escapeAll = (text: RawText): string => text.replaceAll(/[^ -~]/g, escaped)

const escaped = (byte: string): string => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`

const inBytes = (character: string): string =>
  Array.from(Buffer.from(character, 'utf8').toString('latin1'), escaped).join('')

/** @param text as people type it: UTF-8, and `\xNN` for a byte, as `readable` shows names */
export const rawOfReadable = (text: string): RawText =>
  text
    .split(/\\x([\da-f]{2})/i)
    .map((part, n) =>
      n % 2 === 0 ? rawOfText(part) : String.fromCharCode(Number.parseInt(part, 16)),
    )
    .join('')

/** The order of a walk: depth first, names ascending by their bytes. @returns less than 0 where `a` comes first */
export const comparePaths = (a: RawText, b: RawText): number => {
  if (a === b) return 0
  const shorter = Math.min(a.length, b.length)
  let at = 0
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at += 1
  if (at === shorter) return a.length - b.length
  // A folder's own entries come before whatever follows the folder, so the separator is less than every byte of a name.
  if (a[at] === '/') return -1
  if (b[at] === '/') return 1
  return a.charCodeAt(at) - b.charCodeAt(at)
}
