/** @returns the `code` of a Node system error (`ENOENT`), or `''`. */
export const errno = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}
