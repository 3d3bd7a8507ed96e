import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '#repository/format/canonical-json.ts'

test('one value has one encoding, and means the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const plain = JSON.parse(JSON.stringify(value))
      expect(JSON.parse(canonicalJson(value))).toEqual(plain)
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value))
    }),
  )
})

test('members are sorted by code units, also those that look like numbers', () => {
  expect(canonicalJson({ b: 1, a: [{ y: null, x: 'é' }], 10: 0, 9: 0 })).toBe(
    '{"10":0,"9":0,"a":[{"x":"é","y":null}],"b":1}',
  )
})

test('what JSON has no word for is left out', () => {
  expect(canonicalJson({ a: undefined, b: new Date(0) })).toBe('{"b":"1970-01-01T00:00:00.000Z"}')
})
