/** What somebody should know of an answer. */
export interface Note {
  /** Something is missing or wrong because of it. */
  trouble: boolean
  message: string
  /** path of a file that could not be read to its end */
  unread?: string
}

/** @param notes as inside.sh says them: a word for the kind, then text */
export const notesOf = (notes: readonly string[]): Note[] =>
  notes.map(note => {
    const [, kind = '', text = ''] = /^(\w+) (.*)$/s.exec(note) ?? []
    if (kind === 'UNCLEAN') {
      const [volume = '', type = ''] = text.split(' ')
      const message = `The volume ${volume} (${type}) was in use when the point was taken: its journal was not replayed, so what was written last may be missing or half there.`
      return { trouble: false, message }
    }
    if (kind === 'TOOL_MISSING')
      return { trouble: true, message: `${text} Install it: apt-get install ${text.split(':')[0]}` }
    const [, escaped] =
      /^tar: (?:\.\/)?(.*): (?:Read error at|File shrank by|File removed)/s.exec(text) ?? []
    const unread = escaped === undefined ? undefined : unescaped(escaped)
    const message =
      unread === undefined ? text : `"${unread}" cannot be read to its end, and is left out.`
    return { trouble: true, message, ...(unread !== undefined && { unread }) }
  })

const ESCAPES: Record<string, string> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
}

/** A name as tar has it with `--quoting-style=escape`: bytes that are no text in octal. */
const unescaped = (name: string): string => {
  const parts = name.split(/\\([0-7]{3}|.)/s)
  // Every second part is an escape.
  const bytes = parts.map((part, index) => {
    if (index % 2 === 0) return Buffer.from(part)
    return /^[0-7]{3}$/.test(part)
      ? Buffer.of(Number.parseInt(part, 8) & 0xff)
      : Buffer.from(ESCAPES[part] ?? part)
  })
  return Buffer.concat(bytes).toString()
}
