import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import { diskEntries, XVA_CHUNK } from '#disk-formats/xva/chunks.ts'
import { ForwardReader } from '#sim/formats/forward-reader.ts'
import { readDisks } from '#sim/formats/xva/read-disks.ts'
import { decodeTarHeader } from '#sim/formats/xva/tar-header.ts'

const signal = new AbortController().signal
const STEP = 64 * 1024

/** A disk handed out in extents of a size that is none of the archive's. */
const contentOf = (disk: Buffer, extent: number): DiskContent => ({
  size: disk.length,
  present: () => true,
  async *read() {
    for (let offset = 0; offset < disk.length; offset += extent) {
      const bytes = disk.subarray(offset, offset + extent)
      if (bytes.some(Boolean)) yield { offset, bytes }
    }
  },
})

const archived = async (disk: Buffer, extent: number, checksum: 'xxhash' | 'sha1' = 'xxhash') =>
  Buffer.concat(
    await Array.fromAsync(diskEntries('Ref:1000', contentOf(disk, extent), { checksum, signal })),
  )

const namesIn = (archive: Buffer): string[] => {
  const names: string[] = []
  for (let at = 0; at < archive.length; ) {
    const entry = decodeTarHeader(archive.subarray(at, at + 512))
    if (!entry) throw new Error(`no header at ${at}`)
    names.push(entry.name)
    at += 512 + Math.ceil(entry.size / 512) * 512
  }
  return names
}

describe('the chunks of a disk in an XVA', () => {
  test('come back as the disk, whatever lies where and however it is handed out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 2 }),
        fc.constantFrom(STEP, 4 * STEP, 16 * STEP, 64 * STEP),
        async (steps, tail, extent) => {
          const disk = Buffer.concat([
            ...steps.map(fill => Buffer.alloc(STEP, fill)),
            Buffer.alloc(512 * tail, 3),
          ])
          const reader = new ForwardReader(Readable.from([await archived(disk, extent)]))
          const back = Buffer.alloc(disk.length)
          const write = async (offset: number, data: Buffer) => void data.copy(back, offset)
          await readDisks(reader, [{ directory: 'Ref:1000', size: disk.length, write }])
          expect(back.equals(disk)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('leave out zeros, but never the first and the last chunk', async () => {
    const disk = Buffer.alloc(6 * XVA_CHUNK)
    disk.fill(9, 3 * XVA_CHUNK, 3 * XVA_CHUNK + 1)
    expect(namesIn(await archived(disk, XVA_CHUNK))).toEqual(
      ['00000000', '00000003', '00000005'].flatMap(number => [
        `Ref:1000/${number}`,
        `Ref:1000/${number}.xxhash`,
      ]),
    )
    expect(namesIn(await archived(Buffer.alloc(1), STEP))).toEqual([
      'Ref:1000/00000000',
      'Ref:1000/00000000.xxhash',
    ])
  })

  test('carry XXH64 in upper case, or SHA-1 for old hosts', async () => {
    const empty = Buffer.alloc(XVA_CHUNK)
    const sums = async (kind: 'xxhash' | 'sha1') =>
      (await archived(empty, STEP, kind)).subarray(512 + XVA_CHUNK)
    // By xxhsum -H1 and sha1sum of 1 MiB of zeros.
    expect((await sums('xxhash')).toString('latin1', 512, 528)).toBe('87D2A1B6E1163EF1')
    const sha1 = await sums('sha1')
    expect(sha1.toString('latin1', 0, 26)).toBe('Ref:1000/00000000.checksum')
    expect(sha1.toString('latin1', 512, 552)).toBe('3b71f43ff30f4b15b5cd85dd9e95ebc7e84eb5a3')
  })

  test('are refused when the content goes backwards', async () => {
    const content = {
      size: 2 * XVA_CHUNK,
      present: () => true,
      async *read() {
        yield { offset: XVA_CHUNK, bytes: Buffer.alloc(XVA_CHUNK, 1) }
        yield { offset: 0, bytes: Buffer.alloc(XVA_CHUNK, 1) }
      },
    }
    const entries = diskEntries('Ref:1', content, { checksum: 'xxhash', signal })
    await expect(Array.fromAsync(entries)).rejects.toThrow('not in ascending order')
  })
})
