import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { extract } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { ForwardReader } from '#sim/formats/forward-reader.ts'
import { compress, decompress, requestedCompression } from '#sim/formats/xva/compression.ts'
import { readDisks } from '#sim/formats/xva/read-disks.ts'
import { readOva } from '#sim/formats/xva/read-ova.ts'
import { decodeTarHeader } from '#sim/formats/xva/tar-header.ts'
import { type SourceDisk, type WriteOptions, writeDisks } from '#sim/formats/xva/write-disks.ts'
import { writeXva } from '#sim/formats/xva/write-xva.ts'

const MIB = 1024 * 1024
const XML = '<value>here be records</value>'

const source = (directory: string, bytes: Buffer): SourceDisk => ({
  directory,
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
})
const archive = async (disks: SourceDisk[], options: WriteOptions = { checksums: 'xxhash' }) =>
  Buffer.concat(await Array.fromAsync(writeXva(XML, 1_700_000_000, writeDisks(disks, options))))
const readerOf = (bytes: Buffer) => new ForwardReader(Readable.from([bytes]))
// v7 headers carry no magic; the package's types do not know this option.
const anyFormat = { allowUnknownFormat: true } as object
/** Name and content of every entry, as tar-stream (not ours) sees them. */
async function entries(bytes: Buffer): Promise<[string, Buffer, Date | undefined][]> {
  const found: [string, Buffer, Date | undefined][] = []
  for await (const entry of Readable.from([bytes]).pipe(extract(anyFormat))) {
    found.push([
      entry.header.name,
      Buffer.concat((await Array.fromAsync(entry)) as Buffer[]),
      entry.header.mtime,
    ])
  }
  return found
}
async function restore(bytes: Buffer, disks: Record<string, number>, options = {}) {
  const reader = readerOf(bytes)
  await readOva(reader)
  const targets = Object.entries(disks).map(([directory, size]) => ({
    directory,
    bytes: Buffer.alloc(size),
    size,
    async write(offset: number, data: Buffer) {
      if (offset + data.length > size) throw new Error('beyond the end')
      data.copy(this.bytes, offset)
    },
  }))
  await readDisks(reader, targets, options)
  return Object.fromEntries(targets.map(({ directory, bytes }) => [directory, bytes]))
}

const small = Buffer.alloc(2 * MIB + 700)
small.fill(1, 5, 9)
const holes = Buffer.alloc(7 * MIB)
holes.fill(2, 4 * MIB, 4 * MIB + 3)

describe('the archive', () => {
  test('holds ova.xml, then the disks in text order: first, last and non-zero chunks with checksums', async () => {
    const bytes = await archive([source('Ref:9', small), source('Ref:10', holes)])
    const names = (await entries(bytes)).map(([name]) => name)
    const chunk = (directory: string, number: number) => [
      `${directory}/0000000${number}`,
      `${directory}/0000000${number}.xxhash`,
    ]
    expect(names).toEqual([
      'ova.xml',
      ...[0, 4, 6].flatMap(number => chunk('Ref:10', number)),
      ...[0, 2].flatMap(number => chunk('Ref:9', number)),
    ])
  })

  test('is plain v7 tar: no magic, type flag NUL, only ova.xml dated, two zero blocks at the end', async () => {
    const bytes = await archive([source('Ref:9', small)])
    expect(bytes.subarray(156, 157)).toEqual(Buffer.from([0]))
    expect(bytes.subarray(257, 512).every(byte => byte === 0)).toBe(true)
    expect(bytes.toString('latin1', 100, 108)).toBe('0000400\0')
    const times = (await entries(bytes)).map(([, , mtime]) => mtime?.getTime())
    expect(new Set(times.slice(1))).toEqual(new Set([0]))
    expect(times[0]).toBe(1_700_000_000_000)
    expect(bytes.subarray(-1024).every(byte => byte === 0)).toBe(true)
    expect(bytes.length % 512).toBe(0)
  })

  test('carries XXH64 in upper-case hexadecimal, or SHA-1 in lower case as before 8.1', async () => {
    const bytes = Buffer.from('abc')
    const xxhash = (await entries(await archive([source('Ref:1', bytes)])))[2]
    // From the test vectors of the xxHash project: XXH64("abc", seed 0).
    expect(xxhash?.[1].toString()).toBe('44BC2CF5AD770999')
    const sha1 = (await entries(await archive([source('Ref:1', bytes)], { checksums: 'sha1' })))[2]
    expect(sha1?.[0]).toBe('Ref:1/00000000.checksum')
    expect(sha1?.[1].toString()).toBe(createHash('sha1').update(bytes).digest('hex'))
  })

  test('leaves holes out without reading them', async () => {
    const read: number[] = []
    const disk: SourceDisk = {
      ...source('Ref:1', holes),
      read: async (offset, length) => {
        read.push(offset / MIB)
        return holes.subarray(offset, offset + length)
      },
      isHole: offset => offset !== 4 * MIB,
    }
    await archive([disk])
    expect(read).toEqual([0, 4, 6])
  })

  test('a silent stream gets a chunk without data that shifts the later numbers', async () => {
    let asked = 0
    const silent = () => ++asked === 2
    const bytes = await archive([source('Ref:3', holes)], { checksums: 'xxhash', silent })
    const chunks = (await entries(bytes)).filter(([name]) => /\/\d+$/.test(name))
    expect(chunks.map(([name, data]) => [name.slice(-2), data.length])).toEqual([
      ['00', MIB],
      ['02', 0],
      ['05', MIB],
      ['07', MIB],
    ])
    expect((await restore(bytes, { 'Ref:3': holes.length }))['Ref:3']?.equals(holes)).toBe(true)
  })
})

describe('reading', () => {
  test('gives back what was written, whatever the disks and wherever the stream falls silent', async () => {
    const disk = fc.record({
      size: fc.integer({ min: 1, max: 5 * 2048 }),
      touched: fc.array(fc.nat({ max: 5 * MIB }), { maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(disk, { minLength: 1, maxLength: 3 }),
        fc.array(fc.boolean(), { maxLength: 9 }),
        async (specs, silences) => {
          const disks = specs.map(({ size, touched }, i) => {
            // The unit of a gap is the first chunk of the archive, so the first disk has at least 1 MiB.
            const bytes = Buffer.alloc(size * 512 + (i === 0 ? MIB : 0))
            for (const at of touched) if (at < bytes.length) bytes[at] = 1
            return { directory: `Ref:${i + 7}`, bytes }
          })
          disks.sort((a, b) => (a.directory < b.directory ? -1 : 1))
          const [first] = disks
          fc.pre((first?.bytes.length ?? 0) >= MIB)
          const bytes = await archive(
            disks.map(({ directory, bytes }) => source(directory, bytes)),
            { checksums: 'xxhash', silent: () => silences.pop() ?? false },
          )
          const sizes = Object.fromEntries(disks.map(d => [d.directory, d.bytes.length]))
          const restored = await restore(bytes, sizes)
          for (const { directory, bytes } of disks) {
            expect(restored[directory]?.equals(bytes)).toBe(true)
          }
        },
      ),
      { numRuns: 15 },
    )
  })

  test.each(['none', 'gzip', 'zstd'] as const)('recognises compression %s', async kind => {
    const bytes = await archive([source('Ref:9', small)])
    const packed = Buffer.concat(await Array.fromAsync(compress(Readable.from([bytes]), kind)))
    expect(packed.equals(bytes)).toBe(kind === 'none')
    const { reader, stop } = await decompress(readerOf(packed))
    expect(await readOva(reader)).toBe(XML)
    stop()
  })

  test('anything unknown as use_compression means none', () => {
    expect(['true', 'gzip', 'zstd', 'false', null].map(requestedCompression)).toEqual([
      'gzip',
      'gzip',
      'zstd',
      'none',
      'none',
    ])
  })

  const failure = (code: string, ...params: string[]) => ({ code, params })

  test('an archive cut off is a premature end, plain or compressed', async () => {
    const bytes = await archive([source('Ref:9', small)])
    const cut = bytes.subarray(0, MIB)
    await expect(restore(cut, { 'Ref:9': small.length })).rejects.toMatchObject(
      failure('IMPORT_ERROR_PREMATURE_EOF'),
    )
    const packed = Buffer.concat(await Array.fromAsync(compress(Readable.from([bytes]), 'gzip')))
    const { reader } = await decompress(readerOf(packed.subarray(0, 60)))
    await expect(readOva(reader)).rejects.toMatchObject(failure('IMPORT_ERROR_PREMATURE_EOF'))
  })

  test('another file in the place of ova.xml is named', async () => {
    const bytes = Buffer.concat(
      await Array.fromAsync(writeDisks([source('Ref:1', small)], { checksums: 'sha1' })),
    )
    await expect(readOva(readerOf(bytes))).rejects.toMatchObject(
      failure('IMPORT_ERROR_UNEXPECTED_FILE', 'ova.xml', 'Ref:1/00000000'),
    )
  })

  test('a chunk of another disk is named', async () => {
    const bytes = await archive([source('Ref:1', small)])
    await expect(restore(bytes, { 'Ref:2': small.length })).rejects.toMatchObject(
      failure('IMPORT_ERROR_UNEXPECTED_FILE', 'Ref:2/', 'Ref:1/00000000'),
    )
  })

  test('a wrong checksum fails, unless forced', async () => {
    const bytes = await archive([source('Ref:9', small)])
    bytes[1024 + 512 + 4] = 99
    await expect(restore(bytes, { 'Ref:9': small.length })).rejects.toMatchObject(
      failure('IMPORT_ERROR_SOME_CHECKSUMS_FAILED'),
    )
    await restore(bytes, { 'Ref:9': small.length }, { force: true })
  })

  test('numbers that do not increase are refused', async () => {
    const [first] = await Array.fromAsync(
      writeDisks([source('Ref:9', small)], { checksums: 'sha1' }),
    )
    expect(decodeTarHeader(first as Buffer)).toEqual({ name: 'Ref:9/00000000', size: MIB })
    const bytes = await archive([source('Ref:9', small)])
    const one = bytes.subarray(1024, 1024 + 512 + MIB + 1024)
    const twice = Buffer.concat([bytes.subarray(0, 1024), one, one])
    await expect(restore(twice, { 'Ref:9': small.length })).rejects.toMatchObject(
      failure('IMPORT_ERROR', 'Invalid XVA file'),
    )
  })

  test('stops after the last chunk: what follows stays unread', async () => {
    const reader = readerOf(await archive([source('Ref:9', small)]))
    await readOva(reader)
    await readDisks(reader, [{ directory: 'Ref:9', size: small.length, write: async () => {} }])
    expect((await reader.readUpTo(4096)).length).toBe(1024)
  })
})
