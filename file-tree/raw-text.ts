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

/** For people: the name as UTF-8, or, where it is none, with its bytes above ASCII as `\xNN`. Line breaks and the like never stay as they are. */
export const readable = (raw: RawText): string => withoutControls(decoded(raw))

const decoded = (raw: RawText) => {
  try {
    return strict.decode(bytesOf(raw))
  } catch {
    return raw.replaceAll(/[\x80-\xff]/g, escaped)
  }
}

const escaped = (character: string) =>
  `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`

const withoutControls = (text: string) => text.replaceAll(/\p{Cc}/gu, escaped)

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
