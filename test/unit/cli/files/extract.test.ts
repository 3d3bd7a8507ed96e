import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Header, pack } from 'tar-stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { extractInto } from '#cli/files/extract.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'extract-'))
  mkdirSync(join(folder, 'into'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const into = (...names: string[]) => join(folder, 'into', ...names)

/** What a kernel that was taken over might send, just as well as what an honest one does. */
const unpack = (...entries: (Partial<Header> & { name: string; text?: string })[]) => {
  const archive = pack()
  for (const { text = '', ...header } of entries) archive.entry(header, text)
  archive.finalize()
  return extractInto(into(), archive as unknown as Parameters<typeof extractInto>[1])
}

test('a time that is no date is taken for the oldest', async () => {
  const archive = pack()
  archive.entry({ name: 'a' }, 'x')
  archive.finalize()
  const bytes = Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Buffer>))
  bytes.fill(0x7f, 137, 148) // mtime, base 256: about 2^87 s
  bytes[136] = 0x80
  let sum = 0
  for (let at = 0; at < 512; at++) sum += at >= 148 && at < 156 ? 32 : (bytes[at] ?? 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const result = await extractInto(into(), Readable.from([bytes]))
  expect(result.files).toBe(1)
  expect(statSync(into('a')).mtimeMs).toBe(0)
})

test('files, directories and links with mode and time; owners and set-user-ID bits are dropped', async () => {
  const mtime = new Date('2020-02-02T02:02:02Z')
  const result = await unpack(
    { name: './etc/', type: 'directory', mode: 0o750, mtime },
    { name: './etc/a\nb', mode: 0o4755, mtime, text: 'x' },
    { name: './etc/link', type: 'symlink', linkname: '/etc/passwd', mtime },
    { name: './etc/again', type: 'link', linkname: './etc/a\nb', mtime },
    { name: './-rf', mode: 0o600, mtime, text: 'dash' },
  )
  expect(result).toEqual({ files: 3, directories: 1, links: 1, bytes: 5, refused: [] })
  expect(statSync(into('etc')).mode & 0o7777).toBe(0o750)
  expect(statSync(into('etc')).mtime).toEqual(mtime)
  expect(statSync(into('etc/a\nb')).mode & 0o7777).toBe(0o755)
  expect(statSync(into('etc/again')).ino).toBe(statSync(into('etc/a\nb')).ino)
  expect(lstatSync(into('etc/link')).isSymbolicLink()).toBe(true)
  expect(readFileSync(into('-rf'), 'utf8')).toBe('dash')
})

test.each([
  ['a name that climbs', [{ name: '../evil', text: 'x' }]],
  ['a name that climbs later', [{ name: 'a/../../evil', text: 'x' }]],
  ['an absolute name', [{ name: '/tmp/xenkeep-evil', text: 'x' }]],
  ['a hard link that climbs', [{ name: 'a', type: 'link' as const, linkname: '../secret' }]],
  [
    'a hard link to an absolute name',
    [{ name: 'a', type: 'link' as const, linkname: '/etc/passwd' }],
  ],
  ['a device', [{ name: 'a', type: 'character-device' as const, devmajor: 1, devminor: 3 }]],
  [
    'the same file twice',
    [
      { name: 'a', text: 'x' },
      { name: 'a', text: 'y' },
    ],
  ],
])('%s is refused', async (_, entries) => {
  const result = await unpack(...entries)
  expect(result.refused).toHaveLength(1)
  expect(readdirSync(folder)).toEqual(['into'])
  expect(existsSync('/tmp/xenkeep-evil')).toBe(false)
})

test('a name that is too long here costs its own file only', async () => {
  const long = 'ä'.repeat(200)
  const result = await unpack(
    { name: long, text: 'x' },
    { name: `${long}/`, type: 'directory' },
    { name: `${long}/below`, text: 'x' },
    { name: `${long}-link`, type: 'symlink', linkname: 'a' },
    { name: 'a', text: 'x' },
  )
  expect(result).toMatchObject({ files: 1, directories: 0, links: 0 })
  expect(result.refused.map(({ path }) => path)).toEqual([
    long,
    `${long}/`,
    `${long}/below`,
    `${long}-link`,
  ])
  expect(readdirSync(into())).toEqual(['a'])
})

test('nothing is written through a link, whichever comes first', async () => {
  mkdirSync(join(folder, 'outside'))
  const link = { name: 'way', type: 'symlink' as const, linkname: join(folder, 'outside') }
  const result = await unpack(link, { name: 'way/evil', text: 'x' }, { ...link, name: 'way/more' })
  expect(readdirSync(join(folder, 'outside'))).toEqual([])
  expect(lstatSync(into('way')).isDirectory()).toBe(true)
  expect(result.refused).toEqual([{ path: 'way', why: 'something of this name is there already' }])
})

test('long zeros become holes', async () => {
  const text = `${'\0'.repeat(8 * 1024 * 1024)}end`
  await unpack({ name: 'sparse', text })
  expect(readFileSync(into('sparse'), 'latin1')).toBe(text)
  expect(statSync(into('sparse')).blocks * 512).toBeLessThan(1024 * 1024)
})
