import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, comparePaths, rawOf, rawOfText, readable } from '#file-tree/raw-text.ts'
import { anyPath } from '#test/support/file-tree/any-entry.ts'

test('bytes of any kind come back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      expect(Uint8Array.from(bytesOf(rawOf(bytes)))).toEqual(bytes)
    }),
  )
})

test.each([
  ['Müller', 'Müller'],
  ['a\nb', 'a\\x0ab'],
  ['\u001b[31m', '\\x1b[31m'],
])('people read %j as %j', (text, shown) => {
  expect(readable(rawOfText(text))).toBe(shown)
})

test('people see the bytes of a name that is no UTF-8', () => {
  expect(readable('M\xfcller')).toBe('M\\xfcller')
})

test('the order is that of a walk that sorts the names of each folder by their bytes', () => {
  const names = (path: string) => (path === '' ? [] : path.split('/'))
  const byNames = (a: string, b: string) => {
    const [left, right] = [names(a), names(b)]
    for (const [at, name] of left.entries()) {
      const other = right[at]
      if (other === undefined) return 1
      if (name !== other) return name < other ? -1 : 1
    }
    return left.length - right.length
  }
  fc.assert(
    fc.property(anyPath, anyPath, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(byNames(a, b)))
    }),
  )
})
