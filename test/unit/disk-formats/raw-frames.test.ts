import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ContentError } from '#disk-formats/disk-content.ts'
import { rawFrames } from '#disk-formats/raw-frames.ts'

const MIB = 1024 * 1024
const BLOCK = 2 * MIB
const signal = new AbortController().signal

/** Puts frames over a disk of ones, as a host does. */
const applied = (stream: Buffer, size: number): Buffer => {
  const disk = Buffer.alloc(size, 1)
  for (let at = 0; ; ) {
    const offset = Number(stream.readBigUInt64LE(at))
    const length = stream.readUInt32LE(at + 8)
    at += 12
    if (offset === 0 && length === 0) {
      expect(at).toBe(stream.length)
      return disk
    }
    stream.copy(disk, offset, at, at + length)
    at += length
  }
}

test('a host gets every block that is present, and nothing of the others', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 16_000 }),
      fc.uniqueArray(fc.nat(3)),
      async (sectors, chosen) => {
        const size = sectors * 512
        const blocks = chosen.filter(block => block * BLOCK < size).sort((a, b) => a - b)
        const { length, payload, stream } = rawFrames({
          size,
          present: block => blocks.includes(block),
          // Half of each block; the rest is a gap.
          async *read() {
            for (const block of blocks) {
              const bytes = Buffer.alloc(Math.min(MIB, size - block * BLOCK), 7)
              yield { offset: block * BLOCK, bytes }
            }
          },
        })
        const sent = Buffer.concat(await Array.fromAsync(stream(signal)))
        expect(sent.length).toBe(length)
        const disk = applied(sent, size)
        let present = 0
        for (let block = 0; block * BLOCK < size; block++) {
          const end = Math.min((block + 1) * BLOCK, size)
          const bytes = disk.subarray(block * BLOCK, end)
          const half = Math.min(MIB, bytes.length)
          const isPresent = blocks.includes(block)
          if (isPresent) present += bytes.length
          expect(bytes.subarray(0, half).equals(Buffer.alloc(half, isPresent ? 7 : 1))).toBe(true)
          const rest = bytes.length - half
          expect(bytes.subarray(half).equals(Buffer.alloc(rest, isPresent ? 0 : 1))).toBe(true)
        }
        expect(payload).toBe(present)
      },
    ),
    { numRuns: 30 },
  ))

test('data in a block that is said to be absent is a mistake', async () => {
  const { stream } = rawFrames({
    size: BLOCK,
    present: () => false,
    async *read() {
      yield { offset: 512, bytes: Buffer.alloc(512, 1) }
    },
  })
  await expect(Array.fromAsync(stream(signal))).rejects.toThrow(ContentError)
})
