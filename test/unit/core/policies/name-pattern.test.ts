import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitsPattern } from '#core/policies/name-pattern.ts'

test.each([
  ['db-*', 'DB-01', true],
  ['db-*', 'db-', true],
  ['db-*', 'my-db-01', false],
  ['*-test', 'web-test', true],
  ['*-test*', 'web-test-2', true],
  ['web-?', 'web-1', true],
  ['web-?', 'web-12', false],
  ['web-?', 'web-', false],
  ['100\\*', '100*', true],
  ['100\\*', '1000', false],
  ['a\\\\b', 'a\\b', true],
  ['.*', 'anything', false],
  ['[abc]', 'a', false],
  ['straße', 'STRASSE', false],
  ['café', 'CAFE\u0301', true],
  ['?', '😀', true],
  ['', '', true],
  ['*', '', true],
])('"%s" and "%s": %s', (pattern, name, fits) => {
  expect(fitsPattern(pattern, name)).toBe(fits)
})

test('a name fits itself, with parts left open, and whatever is written with backslashes', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), fc.nat(40), (name, at) => {
      const escaped = name.replace(/[\\*?]/g, '\\$&')
      expect(fitsPattern(escaped, name)).toBe(true)
      expect(fitsPattern(`${escaped}*`, name + name.slice(0, at))).toBe(true)
      expect(fitsPattern(`*${escaped}`, name.slice(at) + name)).toBe(true)
    }),
  )
})

test('no pattern takes long', () => {
  const start = performance.now()
  expect(fitsPattern('*a'.repeat(100), `${'a'.repeat(999)}b`)).toBe(false)
  expect(performance.now() - start).toBeLessThan(500)
})
