import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

/**
 * Reads `KEY=VALUE` options that may be repeated.
 * @param key whether a value may stand alone: it is under the empty key then
 * @throws `USAGE`
 */
export const pairsOf = (
  option: string,
  texts: readonly string[],
  key: 'optional' | 'required',
): Record<string, string> => {
  const pairs: Record<string, string> = {}
  for (const text of texts) {
    // A name may hold "=" itself: only what looks like a device, or is a UUID, is a key.
    const [, name = '', value = text] = /^([0-9]{1,3}|[0-9a-f-]{36})=(.*)$/s.exec(text) ?? []
    if (value === '' || (name === '' && key === 'required'))
      throw new UsageError(
        `${quoted(text)} is no value for ${option}: it reads DEVICE=NAME.`,
        `For instance ${option} 0=LAN.`,
      )
    if (pairs[name] !== undefined)
      throw new UsageError(`${option} tells twice where ${name || 'all disks'} should go.`)
    pairs[name] = value
  }
  return pairs
}

/** For commander: one of some words. @throws `USAGE` */
export const oneOf =
  <T extends string>(option: string, words: readonly T[]) =>
  (text: string): T => {
    const found = words.find(word => word === text)
    if (found === undefined)
      throw new UsageError(`--${option} is ${words.join(', ')}; not ${quoted(text)}.`)
    return found
  }
