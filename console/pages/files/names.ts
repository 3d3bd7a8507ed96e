/** Bytes that most file systems take for a name; browsers add " (1)" and the like. */
const LONGEST = 200

/** Of a name that is no UTF-8 the reader of the guest keeps this in the place of what it cannot say: nobody can ask for it by that name. */
const UNSAID = '\ufffd'

export const canBeNamed = (name: string): boolean => !name.includes(UNSAID)

/** What no file is called on one of the systems that people save to (Windows, macOS, Linux), and what would steer who reads the name. */
const FORBIDDEN = /[<>:"/\\|?*\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/**
 * A name under which something is saved, whatever it was called in the guest.
 * @param ending that it must have, as `.tar`
 */
export const saveName = (name: string, ending = ''): string => {
  // Windows drops dots and spaces at the end; a dot at the beginning hides the file where it was not hidden.
  const clean = name
    .replace(FORBIDDEN, '_')
    .replace(/[. ]+$/, '')
    .trim()
  const [, stem = '', last = ''] = /^(.+?)(\.[^.]{1,15})?$/s.exec(clean) ?? []
  const whole = RESERVED.test(stem.split('.')[0] ?? '') ? `_${stem}` : stem || 'file'
  const end = `${last}${ending}`
  return `${shortened(whole, LONGEST - bytesOf(end))}${end}`
}

const encoder = new TextEncoder()
const bytesOf = (text: string): number => encoder.encode(text).length

const shortened = (text: string, bytes: number): string => {
  let kept = ''
  let left = bytes
  for (const character of text) {
    left -= bytesOf(character)
    if (left < 0) break
    kept += character
  }
  return kept.trimEnd()
}
