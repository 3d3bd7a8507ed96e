/**
 * Names come from outside (a VM may be called anything, XAPI takes every string). Printed as they are they could move the
 * cursor, hide lines or turn the reading order round; so everything invisible that steers a terminal is escaped.
 *
 * Categories (Unicode 16): Cc control, Cf format (bidirectional overrides, zero-width), Zl/Zp line and paragraph
 * separators, Cs lone surrogates, Co private use.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu

/** U+200D joins emoji (a family is one character of seven code points) and is harmless between two of them. */
const EMOJI_JOINER = /(?<=\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic})/gu
const KEPT_JOINER = '\ufdd0' // a noncharacter: never valid in interchanged text

/** @returns `text` on one line with every steering character written as `\n`, `\x1b` or `\u{202e}` */
export const safeText = (text: string): string => escapeSteering(text, escaped)

/** @returns `text` with every steering character as `write` has it */
export const escapeSteering = (text: string, write: (character: string) => string): string =>
  text
    .replaceAll(KEPT_JOINER, write)
    .replace(EMOJI_JOINER, KEPT_JOINER)
    .replace(UNSAFE, write)
    .replaceAll(KEPT_JOINER, '\u200d')

const NAMED: Record<string, string> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  [KEPT_JOINER]: '\ufffd',
}

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  return (
    NAMED[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
  )
}

/** @returns `text` in double quotes, for sentences: `"db-01"` */
export const quoted = (text: string): string => `"${safeText(text).replaceAll('"', '\\"')}"`
