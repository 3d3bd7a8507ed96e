import { ObjectKeyError } from '#core/errors/store.ts'

const SEGMENT = /^[0-9A-Za-z._-]{1,255}$/ // 255 bytes: NAME_MAX of the Linux file systems
const LONGEST_KEY = 512 // characters

/** @returns whether `key` fits the grammar of `ObjectStore`. `.` and `..` are no segments: they mean something to a file system. */
export const isObjectKey = (key: string): boolean =>
  key.length <= LONGEST_KEY &&
  key.split('/').every(segment => SEGMENT.test(segment) && segment !== '.' && segment !== '..')

/** @throws `OBJECT_KEY_INVALID` */
export const checkObjectKey = (key: string): void => {
  if (!isObjectKey(key)) throw new ObjectKeyError(key, 'it does not fit the grammar of object keys')
}

/** @returns the keys that would have to be folders for `key` to be a file: `a/b/c` has `a` and `a/b`. */
export const foldersOf = (key: string): string[] => {
  const segments = key.split('/')
  return segments.slice(1).map((_, i) => segments.slice(0, i + 1).join('/'))
}
