import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SECTOR, VHD_BLOCK } from '#disk-formats/vhd/format.ts'
import { vhdImage } from '#disk-formats/vhd/image.ts'
import { ownMemory } from '#gateway-agent/sources/own-memory.ts'
import { readVhdStream } from '#gateway-agent/sources/vhd-stream.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024
const KIB = 1024
const signal = new AbortController().signal

/** A disk whose blocks of 2 MiB are data or holes; data is a few marked sectors, which is quicker than random bytes. */
const diskOf = (size: number, blocks: readonly number[]): Buffer => {
  const disk = Buffer.alloc(size)
  for (const block of blocks)
    for (const at of [0, 4096 + SECTOR, VHD_BLOCK - SECTOR]) {
      const offset = block * VHD_BLOCK + at
      if (offset < size) disk.fill(block + 1, offset, Math.min(offset + SECTOR, size))
    }
  return disk
}

const imageOf = (disk: Buffer, blocks: readonly number[], piece = MIB) =>
  vhdImage({
    size: disk.length,
    present: block => blocks.includes(block),
    async *read() {
      for (let offset = 0; offset < disk.length; offset += piece)
        yield { offset, bytes: disk.subarray(offset, offset + piece) }
    },
  })

const collect = async (parts: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const readBack = (
  stream: AsyncIterable<Uint8Array>,
  size: number,
  wanted = [{ offset: 0, length: size }],
) =>
  applyExtents(
    readVhdStream(stream, wanted, {
      size,
      chunkSize: MIB,
      what: 'the test',
      memory: ownMemory(MIB),
    }),
    Buffer.alloc(size, 0xee),
  )

const disks = fc.integer({ min: 1, max: 14 * KIB }).chain(sectors =>
  fc.record({
    size: fc.constant(sectors * SECTOR),
    blocks: fc.uniqueArray(
      fc.integer({ min: 0, max: Math.ceil((sectors * SECTOR) / VHD_BLOCK) - 1 }),
    ),
    written: fc.integer({ min: 100_000, max: 3 * MIB }),
    arriving: fc.integer({ min: 500, max: 3 * MIB }),
  }),
)

test('what was built is read back, however it is cut into pieces', async () => {
  await fc.assert(
    fc.asyncProperty(disks, async ({ size, blocks, written, arriving }) => {
      const disk = diskOf(size, blocks)
      const image = imageOf(disk, blocks, written)
      const bytes = await collect(image.stream(signal))
      expect(bytes.length).toBe(image.length)
      expect((await readBack(inPieces(bytes, arriving), size)).equals(disk)).toBe(true)
    }),
    { numRuns: 15 },
  )
})

const size = 7 * MIB
const blocks = [0, 2, 3]
const disk = diskOf(size, blocks)

test('only wanted ranges come out', async () => {
  const bytes = await collect(imageOf(disk, blocks).stream(signal))
  const wanted = [{ offset: 5 * MIB, length: 2 * MIB }]
  const read = await readBack(inPieces(bytes, 64 * KIB), size, wanted)
  expect(read.subarray(5 * MIB).equals(disk.subarray(5 * MIB))).toBe(true)
  expect(read.subarray(0, 5 * MIB).equals(Buffer.alloc(5 * MIB, 0xee))).toBe(true)
})

test('sectors that a bitmap leaves out are zero', async () => {
  const bytes = await collect(imageOf(disk, blocks).stream(signal))
  const firstBitmap = bytes.readUInt32BE(512 + 1024) * SECTOR
  bytes[firstBitmap] = 0x7f // sector 0 of block 0
  const read = await readBack(inPieces(bytes, MIB), size)
  expect(read.subarray(0, SECTOR).equals(Buffer.alloc(SECTOR))).toBe(true)
  expect(read.subarray(SECTOR).equals(disk.subarray(SECTOR))).toBe(true)
})

describe('a stream that ends too early, at every kind of place', async () => {
  const bytes = await collect(imageOf(disk, blocks).stream(signal))
  test.each([
    ['before the first byte', 0],
    ['in the footer copy', 100],
    ['in the dynamic header', 512 + 500],
    ['in the block table', 512 + 1024 + 7],
    ['behind the block table', 512 + 1024 + 512],
    ['in a bitmap', 2048 + 100],
    ['in a block', 2048 + 512 + MIB + 5],
    ['between two blocks', 2048 + 512 + VHD_BLOCK],
    ['in a block that is not wanted any more', bytes.length - 512 - 1000],
    ['before the closing footer', bytes.length - 512],
    ['in the closing footer', bytes.length - 1],
  ])('%s', async (_, length) => {
    await expect(
      readBack(inPieces(bytes.subarray(0, length), 100 * KIB), size),
    ).rejects.toMatchObject({
      code: 'STREAM_TRUNCATED',
      message: `the test failed: it ended after ${length} bytes, too early.`,
    })
  })
})

describe('a stream that is not what it should be', async () => {
  const bytes = await collect(imageOf(disk, blocks).stream(signal))
  const changed = (change: (copy: Buffer) => Buffer | undefined): Buffer => {
    const copy = Buffer.from(bytes)
    return change(copy) ?? copy
  }
  test.each<[string, Buffer, RegExp]>([
    ['no VHD', changed(b => b.fill('x', 0, 8)), /footer copy does not begin with "conectix"/],
    [
      'a footer with a wrong checksum',
      changed(b => b.fill(1, 30, 31)),
      /checksum of the footer copy/,
    ],
    [
      'a header with a wrong checksum',
      changed(b => b.fill(9, 512 + 200, 512 + 201)),
      /checksum of the dynamic header/,
    ],
    [
      'blocks out of order',
      changed(b => b.fill(b.subarray(1544, 1548), 1536, 1540)),
      /order of the disk/,
    ],
    [
      'another footer at its end',
      changed(b => b.fill(1, b.length - 100)),
      /footer at its end differs/,
    ],
    [
      'bytes behind its end',
      changed(b => Buffer.concat([b, Buffer.alloc(1)])),
      /data follows behind its end/,
    ],
    [
      'a smaller disk',
      await collect(imageOf(disk.subarray(0, 2 * MIB), [0]).stream(signal)),
      /2097152 bytes of a disk of 7340032/,
    ],
  ])('%s', async (_, stream, why) => {
    await expect(readBack(inPieces(stream, 100 * KIB), size)).rejects.toMatchObject({
      code: 'STREAM_INVALID',
      message: expect.stringMatching(why),
    })
  })
})

describe('content that would be lost is refused', () => {
  test('data in a block that is said to be absent', async () => {
    const image = imageOf(disk, [0, 3])
    await expect(collect(image.stream(signal))).rejects.toThrow(/data came for the absent block/)
  })

  test('content in disorder', async () => {
    const image = vhdImage({
      size,
      present: () => true,
      async *read() {
        yield { offset: MIB, bytes: disk.subarray(MIB, 2 * MIB) }
        yield { offset: 0, bytes: disk.subarray(0, MIB) }
      },
    })
    await expect(collect(image.stream(signal))).rejects.toThrow(/not in ascending order/)
  })
})
