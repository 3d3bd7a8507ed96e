/** `*` stands for any number of characters, `?` for one (IAM user guide, "Resource"). */
export const wildcard = (pattern: string, ignoreCase = false): RegExp => {
  if (pattern.includes('${')) throw new Error(`Policy variables are not understood: ${pattern}`)
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]')
  return new RegExp(`^${source}$`, ignoreCase ? 'i' : '')
}
