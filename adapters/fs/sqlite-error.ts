import {
  CatalogDeniedError,
  CatalogFullError,
  CatalogUnavailableError,
  CatalogUnusableError,
} from '#core/errors/catalog.ts'
import { errno } from './errno.ts'

/** Primary result codes (sqlite.org/rescode.html); node:sqlite reports extended ones, whose low byte is the primary. */
const SQLITE = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
}

const primaryCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined

const fromSystemCall = (error: unknown, address: string): unknown => {
  switch (errno(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new CatalogFullError(address, error)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EISDIR':
    case 'ENOTDIR':
      return new CatalogDeniedError(address, error)
    default:
      return error
  }
}

/**
 * @param what was tried, for the sentence: `record the change`
 * @param address of the catalog
 * @returns the catalog's own error for one of SQLite or of a system call; any other error as it is
 */
export const toCatalogError = (error: unknown, what: string, address: string): unknown => {
  switch (primaryCode(error)) {
    case SQLITE.BUSY: // another process held the lock for longer than the busy timeout
    case SQLITE.LOCKED:
    case SQLITE.IOERR:
      return new CatalogUnavailableError(what, error)
    case SQLITE.FULL:
      return new CatalogFullError(address, error)
    case SQLITE.PERM:
    case SQLITE.READONLY:
    case SQLITE.CANTOPEN:
      return new CatalogDeniedError(address, error)
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return new CatalogUnusableError(address, 'the file is damaged', error)
    default:
      return fromSystemCall(error, address)
  }
}
