import { expect, test } from 'vitest'
import { cut, table } from '#cli/output/table.ts'

test('columns are as wide as their widest cell, counted in terminal columns', () => {
  const rows = [
    { name: 'web', size: '1 B' },
    { name: '東京', size: '12.0 MiB' },
    { name: 'Büro', size: '' },
  ]
  const lines = table(
    [
      { title: 'NAME', cell: row => row.name },
      { title: 'SIZE', cell: row => row.size, align: 'right' as const },
      { title: 'WHY', cell: row => (row.size ? 'because' : '') },
    ],
    rows,
  )
  expect(lines).toEqual([
    'NAME      SIZE  WHY',
    'web        1 B  because',
    '東京  12.0 MiB  because',
    'Büro',
  ])
})

test('what does not fit is cut between characters, never within one', () => {
  expect(cut('web-01', 6)).toBe('web-01')
  expect(cut('web-01', 5)).toBe('web-…')
  expect(cut('東京都', 4)).toBe('東…')
  expect(cut('👨‍👩‍👧👨‍👩‍👧', 3)).toBe('👨‍👩‍👧…')
})
