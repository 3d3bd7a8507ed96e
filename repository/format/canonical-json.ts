/** JSON without white space and with members sorted by UTF-16 code units, so that one value has one encoding. */
export const canonicalJson = (value: unknown): string =>
  // Through JSON first: it drops what JSON has no word for, and turns dates into text.
  write(JSON.parse(JSON.stringify(value)))

const write = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  // Written by hand, because JSON.stringify puts members that look like integers first, whatever the order of insertion.
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`)
  return `{${members.join(',')}}`
}
