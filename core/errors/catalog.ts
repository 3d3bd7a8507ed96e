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
