import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { toCatalogError } from '#adapters/aws/catalog-error.ts'

const keys = [
  { pk: 'run', sk: 'a' },
  { pk: 'run', sk: 'b' },
]
const canceled = (...codes: string[]) =>
  new TransactionCanceledException({
    message: 'Transaction cancelled',
    $metadata: { httpStatusCode: 400 },
    CancellationReasons: codes.map(Code => ({ Code })),
  })
const named = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } })

test('a failed condition names the item whose it was', () => {
  const single = new ConditionalCheckFailedException({ message: 'no', $metadata: {} })
  expect(toCatalogError(single, 'record', 't', keys)).toMatchObject({
    code: 'CATALOG_CONFLICT',
    message: 'The catalog entry run a was changed by someone else in the meantime.',
  })
  expect(
    toCatalogError(canceled('None', 'ConditionalCheckFailed'), 'record', 't', keys),
  ).toMatchObject({
    code: 'CATALOG_CONFLICT',
    message: 'The catalog entry run b was changed by someone else in the meantime.',
  })
})

test.each([
  ['two transactions that met', canceled('None', 'TransactionConflict')],
  ['a throttled transaction', canceled('ThrottlingError', 'None')],
  ['a transaction without throughput', canceled('ProvisionedThroughputExceeded', 'None')],
  ['a throttled call', named('ThrottlingException')],
  ['an account at its limit', named('RequestLimitExceeded')],
  ['a table without throughput', named('ProvisionedThroughputExceededException')],
  ['a service in trouble', named('InternalServerError', 500)],
  ['an unknown trouble of the service', named('Whatever', 503)],
  ['a lost connection', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['silence', named('TimeoutError', 0)],
])('%s may be tried again', (_, error) => {
  expect(toCatalogError(error, 'record the change', 't', keys)).toMatchObject({
    code: 'CATALOG_UNAVAILABLE',
    message: 'The catalog did not record the change.',
    retryable: true,
  })
})

test.each([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'ResourceNotFoundException',
  'CredentialsProviderError',
])('%s is a refusal', name => {
  expect(toCatalogError(named(name), 'read', 't')).toMatchObject({
    code: 'CATALOG_DENIED',
    retryable: false,
  })
})

test('anything else is told as it is', () => {
  expect(toCatalogError(named('ValidationException'), 'read', 't')).toMatchObject({
    code: 'UNEXPECTED',
    message: 'Something unexpected happened: ValidationException',
  })
})
