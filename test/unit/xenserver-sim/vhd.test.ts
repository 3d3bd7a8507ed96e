import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ForwardReader, PrematureEndError } from '#sim/formats/forward-reader.ts'
import { encodeFooter } from '#sim/formats/vhd/footer.ts'
import { geometryOf } from '#sim/formats/vhd/geometry.ts'
import { vhdLength } from '#sim/formats/vhd/layout.ts'
import { readVhd } from '#sim/formats/vhd/read-vhd.ts'
import { writeVhd } from '#sim/formats/vhd/write-vhd.ts'

const MIB = 1024 * 1024
const BLOCK = 2 * MIB

const source = (bytes: Buffer, blocks: number[]) => ({
  size: bytes.length,
  blocks,
  read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
})
const written = async (...args: Parameters<typeof writeVhd>) => {
  const pieces: Buffer[] = []
  for await (const piece of writeVhd(...args)) pieces.push(piece)
  return Buffer.concat(pieces)
}
/** Delivers the bytes in odd pieces, as a socket does. */
async function* inPieces(bytes: Buffer, size = 700_001) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const apply = (vhd: Buffer, target: Buffer, contentLength = vhd.length) =>
  readVhd(new ForwardReader(inPieces(vhd)), contentLength, async (offset, data) => {
    if (offset + data.length > target.length) throw new Error('beyond the end')
    data.copy(target, offset)
  })

const disk = Buffer.alloc(5 * BLOCK + 3 * 512)
disk.fill(1, 0, 100)
disk.fill(2, 3 * BLOCK, 3 * BLOCK + 7)
disk.fill(3, 5 * BLOCK)

describe('the VHD we write', () => {
  test('has the announced layout and length', async () => {
    const vhd = await written(source(disk, [0, 3, 5]))
    expect(vhd.length).toBe(vhdLength(disk.length, 3))
    expect(vhd.toString('latin1', 512, 520)).toBe('cxsparse')
    expect(vhd.subarray(1536, 2048).every(byte => byte === 0)).toBe(true)
    const table = [0, 1, 2, 3, 4, 5].map(entry => vhd.readUInt32BE(2048 + entry * 4))
    expect(table).toEqual([5, 0xffffffff, 0xffffffff, 5 + 4097, 0xffffffff, 5 + 2 * 4097])
    expect(vhd.subarray(2560, 3072).every(byte => byte === 0xff)).toBe(true)
    expect(vhd.subarray(-512).equals(vhd.subarray(0, 512))).toBe(true)
  })

  test('has another UUID every time', async () => {
    const [a, b] = [await written(source(disk, [])), await written(source(disk, []))]
    expect(a.subarray(68, 84).equals(b.subarray(68, 84))).toBe(false)
  })

  test('names its parent when it is a difference', async () => {
    const parent = { uuid: Buffer.alloc(16, 0xab), path: '/var/run/sr-mount/sr/base.vhd' }
    const vhd = await written({ ...source(disk, [3]), parent })
    expect(vhd.readUInt32BE(60)).toBe(4)
    expect(vhd.subarray(552, 568).equals(parent.uuid)).toBe(true)
    const name = Buffer.from(vhd.subarray(576, 576 + 2 * parent.path.length)).swap16()
    expect(name.toString('utf16le')).toBe(parent.path)
    expect(vhd.toString('latin1', 1088, 1092)).toBe('MacX')
    expect(vhd.readUInt32BE(1092)).toBe(512)
    expect(vhd.readUInt32BE(1096)).toBe(`file://${parent.path}`.length)
    expect(Number(vhd.readBigUInt64BE(1104))).toBe(1536)
  })

  // Worked out by hand from the specification's algorithm, which rounds down.
  test.each([
    [2 * MIB, { cylinders: 60, heads: 4, sectors: 17 }],
    [64 * MIB, { cylinders: 963, heads: 8, sectors: 17 }],
    [2040 * 1024 * MIB, { cylinders: 65535, heads: 16, sectors: 255 }],
  ])('has the geometry of the specification for %i bytes', (size, expected) => {
    expect(geometryOf(size)).toEqual(expected)
  })
})

describe('reading a VHD', () => {
  test('decode(encode(disk)) is the disk, whatever its size and content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 * (BLOCK / 512) }),
        fc.array(fc.nat({ max: 3 * BLOCK }), { maxLength: 8 }),
        async (sectors, touched) => {
          const bytes = Buffer.alloc(sectors * 512)
          for (const at of touched) if (at < bytes.length) bytes[at] = 0x5a
          const inside = touched.filter(at => at < bytes.length)
          const blocks = [...new Set(inside.map(at => Math.floor(at / BLOCK)))].sort()
          const target = Buffer.alloc(bytes.length)
          await apply(await written(source(bytes, blocks)), target)
          expect(target.equals(bytes)).toBe(true)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('honours bitmaps sector by sector', async () => {
    const vhd = await written(source(Buffer.alloc(BLOCK, 7), [0]))
    vhd.fill(0, 2560, 3072)
    vhd[2560] = 0b01100000
    const target = Buffer.alloc(BLOCK, 1)
    await apply(vhd, target)
    const changed = [0, 1, 2, 3].map(sector => target[sector * 512])
    expect(changed).toEqual([1, 7, 7, 1])
  })

  test('applies a difference on top of what is there, whoever its parent was', async () => {
    const parent = { uuid: Buffer.alloc(16, 1), path: 'unrelated.vhd' }
    const target = Buffer.alloc(disk.length, 9)
    await apply(await written({ ...source(disk, [3]), parent }), target)
    expect(target[0]).toBe(9)
    expect(target.subarray(3 * BLOCK, 4 * BLOCK).equals(disk.subarray(3 * BLOCK, 4 * BLOCK))).toBe(
      true,
    )
  })

  test.each([
    ['too long', 512, PrematureEndError],
    ['too short', -512, 'backwards'],
  ])('with a Content-Length %s fails after the data was written', async (_, wrong, error) => {
    const vhd = await written(source(disk, [0, 3, 5]))
    const target = Buffer.alloc(disk.length)
    await expect(apply(vhd, target, vhd.length + wrong)).rejects.toThrow(error)
    expect(target.equals(disk)).toBe(true)
  })

  test('refuses a fixed VHD, a damaged one and one cut off', async () => {
    const fixed = encodeFooter({ size: 512, diskType: 2, uuid: Buffer.alloc(16) })
    await expect(apply(fixed, Buffer.alloc(512))).rejects.toThrow('disk type 2')
    const vhd = await written(source(disk, [0]))
    await expect(apply(vhd.subarray(0, 5000), Buffer.alloc(disk.length))).rejects.toThrow(
      PrematureEndError,
    )
    vhd[100] = 1
    await expect(apply(vhd, Buffer.alloc(disk.length))).rejects.toThrow('damaged')
  })

  test('fails late when the image is larger than the disk', async () => {
    const vhd = await written(source(disk, [0, 5]))
    const target = Buffer.alloc(BLOCK)
    await expect(apply(vhd, target)).rejects.toThrow('beyond the end')
    expect(target[0]).toBe(1)
  })
})
