import { getSystemErrorMap } from 'node:util'

/** Reasons that Node has no name for. */
const UNNAMED: ReadonlyMap<number, readonly [code: string, text: string]> = new Map([
  [61, ['ENODATA', 'no data available']],
  [116, ['ESTALE', 'stale file handle']],
  [117, ['EUCLEAN', 'the file system is damaged']],
  [122, ['EDQUOT', 'disk quota exceeded']],
])

/** @returns an error as those of `node:fs` */
export const systemError = (errno: number, syscall: string): NodeJS.ErrnoException => {
  const [code, text] = getSystemErrorMap().get(-errno) ??
    UNNAMED.get(errno) ?? [`ERRNO_${errno}`, `error ${errno} of the system`]
  return Object.assign(new Error(`${code}: ${text}, ${syscall}`), { code, errno: -errno, syscall })
}

/** @returns the code of an error of the system, or `undefined` of another kind of error */
export const codeOf = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
