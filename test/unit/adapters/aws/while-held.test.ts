import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { dynamoCatalog } from '#adapters/aws/catalog.ts'
import { whileHeld } from '#adapters/aws/while-held.ts'
import type { CatalogWrite } from '#core/ports.ts'

const put = (sk: string): CatalogWrite => ({
  kind: 'put',
  key: { pk: 'A', sk },
  value: {},
  expect: 'any',
})

const canceled = (...codes: string[]) =>
  Object.assign(new Error('Transaction cancelled'), {
    name: 'TransactionCanceledException',
    CancellationReasons: codes.map(Code => ({ Code })),
  })

/** A catalog whose client fails with each of these in turn, and then succeeds. */
const failing = (...errors: Error[]) => {
  let calls = 0
  const send = async () => {
    const error = errors[calls++]
    if (error) throw error
    return {}
  }
  const catalog = dynamoCatalog({ client: { send } as unknown as DynamoDBClient, table: 'T' })
  return { catalog, calls: () => calls }
}

test('a transaction that meets another one on an item is tried again: it says nothing of what stands there', async () => {
  const conflict = canceled('None', 'TransactionConflict')
  const { catalog, calls } = failing(conflict, canceled('ThrottlingError', 'None'), conflict)
  await catalog.write([put('1'), put('2')])
  expect(calls()).toBe(4)
})

test('so is the write of one item', async () => {
  const held = Object.assign(new Error('held'), { name: 'TransactionConflictException' })
  const { catalog, calls } = failing(held)
  await catalog.write([put('1')])
  expect(calls()).toBe(2)
})

test('a condition that does not hold is told at once, as is what stays refused', async () => {
  const failed = failing(canceled('ConditionalCheckFailed', 'TransactionConflict'))
  await expect(failed.catalog.write([put('1'), put('2')])).rejects.toMatchObject({
    code: 'CATALOG_CONFLICT',
  })
  expect(failed.calls()).toBe(1)

  const invalid = failing(canceled('ValidationError', 'None'))
  await expect(invalid.catalog.write([put('1'), put('2')])).rejects.toThrow()
  expect(invalid.calls()).toBe(1)
})

test('what is held all the time is told in the end; pauses grow until then', async () => {
  const pauses: number[] = []
  const work = async () => {
    throw canceled('TransactionConflict', 'None')
  }
  const pause = async (longest: number) => pauses.push(longest)
  await expect(whileHeld(work, pause)).rejects.toThrow('Transaction cancelled')
  expect(pauses).toEqual([20, 40, 80, 160, 320, 640, 640])
})
