import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes, errorPage } from '../../scripts/error-codes.ts'

test('docs/errors.md lists every code that the sources can raise', () => {
  expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorPage('.'))
})

test('every code says when it is raised', () => {
  const silent = errorCodes('.').filter(({ meaning }) => meaning === '')
  expect(silent.map(({ code }) => code)).toEqual([])
})
