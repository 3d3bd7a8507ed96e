import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeText } from '#core/safe-text.ts'
import {
  bytesOf,
  comparePaths,
  rawOf,
  rawOfReadable,
  rawOfText,
  readable,
} from '#file-tree/raw-text.ts'
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
  ['\u009b31m', '\\xc2\\x9b31m'],
  ['gnp\u202eexe', 'gnp\\xe2\\x80\\xaeexe'],
  ['\ufdd0', '\\xef\\xb7\\x90'],
  ['👩\u200d👧', '👩\u200d👧'],
  ['C:\\x41', 'C:\\x5cx41'],
  ['C:\\xen', 'C:\\xen'],
])('people read %j as %j', (text, shown) => {
  expect(readable(rawOfText(text))).toBe(shown)
})

test('people see the bytes of a name that is no UTF-8', () => {
  expect(readable('M\xfcller')).toBe('M\\xfcller')
})

test('of a path only the names that are no UTF-8 are shown in bytes', () => {
  expect(readable(`${rawOfText('Büro')}/M\xfcller`)).toBe('Büro/M\\xfcller')
})

test('whatever people are shown can be given back, and steers nothing', () => {
  const odd = fc
    .array(fc.constantFrom('\\', 'x', '4', 'F', '/', '\n', 'ü', '\u202e', '\ufdd0', '\u200d', '👩'))
    .map(parts => rawOfText(parts.join('')))
  const bytes = fc.uint8Array({ maxLength: 12 }).map(rawOf)
  fc.assert(
    fc.property(fc.oneof(bytes, odd, fc.string({ unit: 'binary' }).map(rawOfText)), raw => {
      const shown = readable(raw)
      expect(rawOfReadable(shown)).toBe(raw)
      expect(safeText(shown)).toBe(shown)
    }),
    { numRuns: 2000 },
  )
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
