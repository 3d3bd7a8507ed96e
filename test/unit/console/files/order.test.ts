import { expect, test } from 'vitest'
import { matching, sorted } from '#console/pages/files/order.ts'
import type { GuestEntry } from '#core/contracts/files-answers.ts'

const entry = (name: string, more: Partial<GuestEntry> = {}): GuestEntry => ({
  ...{ name, type: 'file', size: 0, modified: '2026-01-01T00:00:00.000Z' },
  ...{ mode: '0644', uid: 0, gid: 0 },
  ...more,
})
const names = (entries: readonly GuestEntry[]) => entries.map(({ name }) => name)

const ENTRIES = [
  entry('file10', { size: 1, modified: '2024-01-01T00:00:00.000Z' }),
  entry('var', { type: 'directory', size: 4096 }),
  entry('file2', { size: 30, modified: '2025-01-01T00:00:00.000Z' }),
  entry('Etc', { type: 'directory', size: 4096 }),
  entry('way', { type: 'link', size: 9 }),
]

test.each([
  ['name', false, ['Etc', 'var', 'file2', 'file10', 'way']],
  ['name', true, ['var', 'Etc', 'way', 'file10', 'file2']],
  ['size', false, ['Etc', 'var', 'way', 'file10', 'file2']],
  ['size', true, ['Etc', 'var', 'file2', 'file10', 'way']],
  ['modified', false, ['Etc', 'var', 'file10', 'file2', 'way']],
  ['type', false, ['Etc', 'var', 'file2', 'file10', 'way']],
] as const)(
  'by %s, descending %s: folders first, numbers as people count',
  (by, descending, told) => {
    expect(names(sorted(ENTRIES, { by, descending }))).toEqual(told)
  },
)

test('names that only look alike stay in one order', () => {
  const alike = [entry('é'), entry('e\u0301'), entry('é')]
  const order = { by: 'size', descending: true } as const
  expect(names(sorted(alike, order))).toEqual(names(sorted(alike.toReversed(), order)))
})

test('a part of a name finds it, whatever its case; nothing finds all', () => {
  expect(names(matching(ENTRIES, ' FILE '))).toEqual(['file10', 'file2'])
  expect(matching(ENTRIES, '  ')).toBe(ENTRIES)
})
