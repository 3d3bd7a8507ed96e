/**
 * @param path in a volume, from its root on, with or without a slash before it
 * @returns the names on the way, joined, without `.`; empty for the root; `undefined` where it leads upwards or holds NUL, so that it is no path at all
 */
export const relativePath = (path: string): string | undefined => {
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  return parts.includes('..') || path.includes('\0') ? undefined : parts.join('/')
}
