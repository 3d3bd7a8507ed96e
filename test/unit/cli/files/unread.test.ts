import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { removeUnread } from '#cli/files/unread.ts'
import { notesOf } from '#guest-files/notes.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unread-'))
  for (const name of ['into/a', 'outside']) mkdirSync(join(folder, name), { recursive: true })
  for (const name of ['into/a/half', 'outside/kept', 'kept'])
    writeFileSync(join(folder, name), name)
  symlinkSync(join(folder, 'outside'), join(folder, 'into/way'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what was not read to its end is removed', async () => {
  await removeUnread(join(folder, 'into'), './a/half')
  expect(existsSync(join(folder, 'into/a/half'))).toBe(false)
})

test('under all its names', async () => {
  linkSync(join(folder, 'into/a/half'), join(folder, 'into/again'))
  writeFileSync(join(folder, 'into/whole'), 'whole')
  expect(await removeUnread(join(folder, 'into'), 'a/half')).toEqual(['again'])
  expect(existsSync(join(folder, 'into/again'))).toBe(false)
  expect(existsSync(join(folder, 'into/whole'))).toBe(true)
})

test.each(['way/kept', '../kept', 'a/../../kept', 'way', 'a', ''])(
  'nothing else is: "%s"',
  async name => {
    await removeUnread(join(folder, 'into'), name)
    for (const kept of ['into/way', 'into/a/half', 'outside/kept', 'kept'])
      expect(existsSync(join(folder, kept)), kept).toBe(true)
  },
)

test('names come as tar escapes them, so that none makes a second line', () => {
  const said = String.raw`TROUBLE tar: ./x\ntar: way\\\303\244 ü/kept: Read error at byte 0, reading 512 bytes: Input/output error`
  expect(notesOf([said])).toEqual([
    {
      trouble: true,
      message: '"x\ntar: way\\ä ü/kept" cannot be read to its end, and is left out.',
      unread: 'x\ntar: way\\ä ü/kept',
    },
  ])
})
