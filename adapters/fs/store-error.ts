import {
  StoreDeniedError,
  StoreFullError,
  StoreUnavailableError,
  StoreUnsuitableError,
} from '#core/errors/store.ts'
import { errno } from './errno.ts'

/**
 * @param what was tried, for the sentence: `write "packs/a"`
 * @param address of the store
 * @returns the store's own error for a failed system call
 */
export const toStoreError = (error: unknown, what: string, address: string): Error => {
  switch (errno(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG': // above the largest file of the file system, or the process's limit
      return new StoreFullError(address, error)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreDeniedError(`${what} in ${address}`, error)
    default:
      return new StoreUnavailableError(`${what} in ${address}`, error)
  }
}

/** Of link(2): a file system that knows no hard links says so in one of these ways (`EXDEV`: a mount point inside the store). */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']

/** @returns the store's own error for a failed link(2) */
export const toLinkError = (error: unknown, what: string, address: string): Error =>
  NO_LINKS.includes(errno(error))
    ? new StoreUnsuitableError(address, 'its file system makes no hard links there', error)
    : toStoreError(error, what, address)
