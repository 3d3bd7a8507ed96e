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
    const unread = /^tar: (?:\.\/)?(.*): (?:Read error at|File shrank by|File removed)/s.exec(
      text,
    )?.[1]
    const message =
      unread === undefined ? text : `"${unread}" cannot be read to its end, and is left out.`
    return { trouble: true, message, ...(unread !== undefined && { unread }) }
  })
