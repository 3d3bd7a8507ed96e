/**
 * What a receiver said, without the secrets that it was told: some repeat the address or the command that they do not like.
 * @param secrets short ones are hidden as well; empty ones are left out
 */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter(Boolean)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text)

const SHORTEST = 5 // characters: parts like "v1" or "hook" are no secret, and words of every answer

/** The parts of an address by which an answer could tell it. */
export const partsOfAddress = (url: URL): string[] => {
  const { href, pathname, search, username, password, searchParams } = url
  const parts = [
    ...pathname.split('/'),
    ...[...searchParams].flat(),
    ...[username, password],
  ].filter(part => part.length >= SHORTEST)
  const whole = [href, `${pathname}${search}`, search].filter(part => part.length > 1)
  return [...whole, ...parts, ...[...whole, ...parts].map(decoded)]
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
