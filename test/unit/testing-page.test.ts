import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync('docs/testing.md', 'utf8')

test('every file that docs/testing.md names is there', () => {
  const named = [...page.matchAll(/`((?:test|adapters|xenserver-sim)\/[^`]*)`/g)].map(
    ([, path]) => path as string,
  )
  expect(named.length).toBeGreaterThan(40)
  expect(named.filter(path => !existsSync(path))).toEqual([])
})

test('every code that docs/testing.md names is one of ours', () => {
  const errors = readFileSync('docs/errors.md', 'utf8')
  const codes = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code]) => code as string)
  expect(codes.length).toBeGreaterThan(8)
  expect(codes.filter(code => !errors.includes(`\`${code}\``))).toEqual([])
})

test('every title that docs/testing.md names stands in its file', () => {
  const named = [...page.matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)].map(
    ([, file = '', title = '']) => ({
      file,
      title,
    }),
  )
  expect(named.length).toBeGreaterThan(40)
  // Titles stand in quotes of code, where an apostrophe would be escaped; none has one.
  const missing = named.filter(({ file, title }) => !readFileSync(file, 'utf8').includes(title))
  expect(missing).toEqual([])
})
