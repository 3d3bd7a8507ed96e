import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Entry } from '#file-tree/entry.ts'
import { decodeEntries, EntryDecoder } from '#file-tree/entry-decoder.ts'
import { EntryEncoder } from '#file-tree/entry-encoder.ts'
import { FormatError } from '#repository/format/bytes.ts'
import { anyEntries } from '#test/support/file-tree/any-entry.ts'

const encoded = (entries: readonly Entry[]): Buffer => {
  const encoder = new EntryEncoder()
  for (const entry of entries) encoder.add(entry)
  return Buffer.from(encoder.end())
}

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const decoded = async (bytes: Buffer, size = bytes.length) =>
  (await Array.fromAsync(decodeEntries(inPieces(bytes, size)))).flat()

const plain = (path: string): Entry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 1000,
  gid: 1000,
  user: 'erika',
  size: 3,
  mtime: 1_700_000_000_123_456_789n,
  ctime: 1_700_000_000_123_456_789n,
  inode: 12n,
  device: 2049n,
  nlink: 1,
})

test('what is written is read, whatever it is, in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(anyEntries, fc.integer({ min: 1, max: 200 }), async (entries, size) => {
      expect(await decoded(encoded(entries), size)).toEqual(entries)
    }),
  )
})

test('offsets that follow from what stands before cost nothing, others are kept', async () => {
  const file = (path: string, offset: number, length: number) => ({
    ...plain(path),
    data: { offset, length },
  })
  const following = [file('a', 0, 10), file('b', 10, 20)]
  const apart = [file('a', 0, 10), file('b', 11, 20)]
  expect(encoded(apart).length).toBe(encoded(following).length + 2)
  expect(await decoded(encoded(apart))).toEqual(apart)
})

test('entries of a folder take some forty bytes', () => {
  const many = Array.from({ length: 1000 }, (_, n) => plain(`usr/share/doc/package-${n}`))
  expect(encoded(many).length / many.length).toBeLessThan(45)
})

test('a list that ends in the middle, or goes on behind its end, is refused', async () => {
  const bytes = encoded([plain('a'), plain('b')])
  for (let length = 0; length < bytes.length; length++)
    await expect(decoded(bytes.subarray(0, length), 7)).rejects.toThrow(
      'the list of files ends in the middle',
    )
  await expect(decoded(Buffer.concat([bytes, Buffer.from([0])]))).rejects.toThrow(
    'behind the end of the list of files',
  )
})

test('damage is a FormatError or another entry, and never anything else', async () => {
  const bytes = encoded([plain('a'), { ...plain('b'), xattrs: [['user.x', Buffer.from('y')]] }])
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] ?? 0) ^ change
        await decoded(damaged).catch(error => expect(error).toBeInstanceOf(FormatError))
      },
    ),
  )
})

test('another stream, a later version and unknown members are told apart', async () => {
  const bytes = encoded([plain('a')])
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(bytes)
    copy[at] = value
    return decoded(copy)
  }
  await expect(changed(0, 0)).rejects.toThrow('this is no list of files')
  await expect(changed(6, 2)).rejects.toThrow('version 2, which this program does not know')
  await expect(changed(9, 7)).rejects.toThrow('of a type that this program does not know')
})

test.each(['..', '../a', 'a/..', 'a/../b', '.', 'a/./b', '/a', 'a//b', 'a/', 'a\0b'])(
  'a path that leads out of its folder is refused: %j',
  async path => {
    await expect(decoded(encoded([plain(path)]))).rejects.toThrow('names that no folder can hold')
  },
)

test.each(['...', 'a..', '..a/b', '.a', 'a/.b', ''])(
  'a path that is odd is not: %j',
  async path => {
    expect(await decoded(encoded([plain(path)]))).toEqual([plain(path)])
  },
)

test('neither side remembers more with more entries', () => {
  const encoder = new EntryEncoder()
  const decoder = new EntryDecoder()
  const heap = () => {
    globalThis.gc?.()
    return process.memoryUsage().rss
  }
  let seen = 0
  let before = 0
  for (let n = 0; n < 200_000; n++) {
    encoder.add({ ...plain(`folder-${Math.floor(n / 100)}/name-${n % 100}`), inode: BigInt(n) })
    if (n === 50_000) before = heap()
    if (encoder.waiting < 64 * 1024) continue
    decoder.push(encoder.take())
    while (decoder.next()) seen += 1
  }
  decoder.push(encoder.end())
  while (decoder.next()) seen += 1
  decoder.end()
  expect(seen).toBe(200_000)
  expect(heap() - before).toBeLessThan(100 * 1024 * 1024)
})
