import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoted, safeText } from '#core/safe-text.ts'

test.each([
  ['db-01', 'db-01'],
  ['Büro Köln 東京 🖥️', 'Büro Köln 東京 🖥\\u{fe0f}'.replace('\\u{fe0f}', '\ufe0f')],
  ['a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['\x1b[2Jgone', '\\x1b[2Jgone'],
  ['\x9b31mred', '\\x9b31mred'],
  ['invoice\u202efdp.exe', 'invoice\\u{202e}fdp.exe'],
  ['zero\u200bwidth', 'zero\\u{200b}width'],
  ['line\u2028break', 'line\\u{2028}break'],
  ['family 👨‍👩‍👧', 'family 👨‍👩‍👧'],
  ['a\u200db', 'a\\u{200d}b'],
])('%j is printed as %j', (text, printed) => {
  expect(safeText(text)).toBe(printed)
})

test('no text can steer a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
    }),
  )
})

test('a quoted name cannot end its own quotes', () => {
  expect(quoted('a" --start "b')).toBe('"a\\" --start \\"b"')
})
