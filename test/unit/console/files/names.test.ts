import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canBeNamed, saveName } from '#console/pages/files/names.ts'

test.each([
  ['hosts', '', 'hosts'],
  ['.bashrc', '', '.bashrc'],
  ['etc', '.tar', 'etc.tar'],
  ['archive.tar.gz', '', 'archive.tar.gz'],
  ['a/b\\c:d*e?f"g<h>i|j', '', 'a_b_c_d_e_f_g_h_i_j'],
  ['new\nline\u202egpj.exe', '', 'new_line_gpj.exe'],
  ['CON', '', '_CON'],
  ['aux.txt', '', '_aux.txt'],
  ['trailing. . ', '', 'trailing'],
  ['..', '', 'file'],
  ['', '.tar', 'file.tar'],
  [' \t ', '', '_'],
])('%j is saved as %j%j', (name, ending, saved) => {
  expect(saveName(name, ending)).toBe(saved)
})

test('a name of 255 characters is cut, and keeps what kind of file it is', () => {
  const saved = saveName(`${'ü'.repeat(300)}.docx`)
  expect(saved).toMatch(/^ü+\.docx$/)
  expect(Buffer.byteLength(saved)).toBeLessThanOrEqual(200)
})

/** Any characters at all; fast-check's own take it seconds. */
const text = fc
  .array(fc.integer({ max: 0x10ffff, min: 0 }), { maxLength: 300 })
  .map(points => String.fromCodePoint(...points))

test('no name of a guest steers where it is saved, or is longer than a file system takes', () => {
  fc.assert(
    fc.property(text, fc.constantFrom('', '.tar'), (name, ending) => {
      const saved = saveName(name, ending)
      expect(saved).toMatch(/^[^<>:"/\\|?*\p{Cc}\p{Cf}]+$/u)
      expect(saved).not.toMatch(/^\.{1,2}$|[. ]$/)
      expect(Buffer.byteLength(saved)).toBeLessThanOrEqual(200)
    }),
  )
})

test('a name that is no UTF-8 cannot be asked for', () => {
  expect(canBeNamed('fa\ufffdade')).toBe(false)
  expect(canBeNamed('façade')).toBe(true)
})
