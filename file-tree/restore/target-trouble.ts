import { codeOf } from '../system-error.ts'

/** Words for what a file system answers; half sentences. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'the system does not allow it to this user',
  EPERM: 'the system allows it only to root, or the file is protected there',
  ENOTSUP: 'the file system of the target cannot keep it',
  EOPNOTSUPP: 'the file system of the target cannot keep it',
  ENOSYS: 'the system cannot do it',
  EINVAL: 'the file system of the target does not take it',
  ENAMETOOLONG: 'its name is too long for the file system of the target',
  EILSEQ: 'the file system of the target does not take its name',
  EFBIG: 'it is larger than the file system of the target allows',
  ENOTDIR: 'a part of its path is a link, or no folder',
  ELOOP: 'a link stands in its place',
  ENOENT: 'its folder is gone',
  EEXIST: 'something else stands in its place since',
  EISDIR: 'a folder stands in its place',
  ENOTEMPTY: 'a folder that is not empty stands in its place',
  EXDEV: 'its first name lies on another file system',
  EMLINK: 'the file system of the target allows no more names for one file',
  ERANGE: 'the value is larger than the file system of the target allows',
  E2BIG: 'the value is larger than the file system of the target allows',
  EIO: 'the disk of the target reports an error',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is a program that runs',
}

/** @returns half a sentence */
export const whyOf = (error: unknown): string => {
  const code = codeOf(error)
  return WORDS[code ?? ''] ?? (error instanceof Error ? error.message : String(error))
}

/** Errors after which nothing more can be written to the target. */
export const endsAll = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EROFS', 'ENODEV', 'ESTALE'].includes(codeOf(error) ?? '')
