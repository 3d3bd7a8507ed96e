/** @returns the `code` of a Node system error (`ENOENT`), or `''`. */
export const errno = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}

/** No object has this name. `ELOOP`: O_NOFOLLOW met a symbolic link, which is no object. */
export const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ELOOP']
