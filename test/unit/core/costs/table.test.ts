import { expect, test } from 'vitest'
import { billOf } from '#core/costs/bill.ts'
import { billTable } from '#core/costs/table.ts'

test('a bill is read by people: one of a thing in the singular, and nothing that costs is none', () => {
  const table = billTable(
    billOf({ monitoring: { alarms: 11 }, keys: { keys: 1 }, storage: { storageGbMonths: 0.4 } }),
  )
  expect(table).toMatch(/^ {4}alarms +11 alarms +1\.10$/m)
  expect(table).toMatch(/^ {4}keys +1 key +1\.00$/m)
  expect(table).toMatch(/^ {4}storage GB months +0\.4 GB-month +0\.01$/m)
})
