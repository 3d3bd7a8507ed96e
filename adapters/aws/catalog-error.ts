import { asXenkeepError } from '#core/errors/base.ts'
import {
  CatalogConflictError,
  CatalogDeniedError,
  CatalogUnavailableError,
} from '#core/errors/catalog.ts'
import type { CatalogKey } from '#core/ports.ts'
import { nameOf } from '../catalog-rules.ts'
import { describeAwsError } from './aws-error.ts'

/**
 * TransactionConflict: another transaction holds one of the items at this moment. Nothing was compared, so it is no
 * conflict in our sense.
 */
const RETRY =
  /Throttling|ThroughputExceeded|RequestLimitExceeded|TransactionConflict|TransactionInProgress|InternalServerError|ServiceUnavailable/

const DENIED =
  /AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|MissingAuthenticationToken|ResourceNotFound/

/**
 * @param what was tried, for the sentence: `record the change`
 * @param table for messages
 * @param keys of the items written, in the order in which they were sent
 * @returns the catalog's own error for one of the SDK
 */
export const toCatalogError = (
  error: unknown,
  what: string,
  table: string,
  keys: readonly CatalogKey[] = [],
): Error => {
  const { CancellationReasons = [] } = (error ?? {}) as {
    CancellationReasons?: { Code?: string }[]
  }
  const { name, status, network, credentials } = describeAwsError(error)
  const reasons = [name, ...CancellationReasons.map(({ Code = '' }) => Code)]
  const failed = CancellationReasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed')
  const key = name === 'ConditionalCheckFailedException' ? keys[0] : keys[failed]
  if (key) return new CatalogConflictError(nameOf(key), error)
  if (network || status >= 500 || reasons.some(reason => RETRY.test(reason))) {
    return new CatalogUnavailableError(what, error)
  }
  if (credentials || DENIED.test(name)) return new CatalogDeniedError(`dynamodb:${table}`, error)
  return asXenkeepError(error)
}
