import { XenkeepError } from './base.ts'

/** Somebody else wrote the item between our reading and our writing. */
export class CatalogConflictError extends XenkeepError {
  readonly code = 'CATALOG_CONFLICT'
  constructor(what: string, cause?: unknown) {
    super(`The catalog entry ${what} was changed by someone else in the meantime.`, {
      advice: 'Read it again and repeat the change if it still makes sense.',
      retryable: true,
      cause,
    })
  }
}

/** The catalog cannot be read or written just now. */
export class CatalogUnavailableError extends XenkeepError {
  readonly code = 'CATALOG_UNAVAILABLE'
  constructor(what: string, cause?: unknown) {
    super(`The catalog did not ${what}.`, {
      advice:
        'The step is tried again by itself; if this lasts, check the disk (one machine) or the health of DynamoDB (cloud).',
      retryable: true,
      cause,
    })
  }
}

/** The caller asked for what no catalog can hold or answer. */
export class CatalogInputError extends XenkeepError {
  readonly code = 'CATALOG_INVALID'
  constructor(why: string) {
    super(`The catalog refuses this call: ${why}.`, {
      advice: 'This is a mistake in the program: report it.',
    })
  }
}

/** No room left for the catalog. */
export class CatalogFullError extends XenkeepError {
  readonly code = 'CATALOG_FULL'
  constructor(where: string, cause?: unknown) {
    super(`There is no space left for the catalog ${where}.`, {
      advice: 'Free some space on that disk; what was recorded before is intact.',
      cause,
    })
  }
}

/** The catalog's file or table refuses us. */
export class CatalogDeniedError extends XenkeepError {
  readonly code = 'CATALOG_DENIED'
  constructor(where: string, cause?: unknown) {
    super(`The catalog ${where} cannot be opened: permission denied, or it is not there.`, {
      advice: 'Check that it exists and that this identity may read and write it.',
      cause,
    })
  }
}

/** The file is damaged or somebody else's. */
export class CatalogUnusableError extends XenkeepError {
  readonly code = 'CATALOG_UNUSABLE'
  constructor(where: string, why: string, cause?: unknown) {
    super(`The catalog ${where} cannot be used: ${why}.`, {
      advice: 'Move the file away and start again: the catalog is rebuilt from the repository.',
      cause,
    })
  }
}

/** A newer XenKeep wrote it. */
export class CatalogTooNewError extends XenkeepError {
  readonly code = 'CATALOG_TOO_NEW'
  constructor(where: string, found: number, known: number) {
    super(`The catalog ${where} has format ${found}; this version of XenKeep knows ${known}.`, {
      advice: 'Update XenKeep on this machine; nothing was changed.',
    })
  }
}
