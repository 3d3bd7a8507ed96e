import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CHECKSUMS, type ChunkChecksum } from '#disk-formats/xva/checksum.ts'
import { XvaFormatError, XvaTruncatedError } from '#disk-formats/xva/errors.ts'
import { readXva } from '#disk-formats/xva/read.ts'
import { END_OF_TAR, tarHeader, tarPadding } from '#disk-formats/xva/tar-v7.ts'
import { xmlValue } from '#disk-formats/xva/xml-value.ts'
import { byteReader } from '#gateway-agent/sources/byte-reader.ts'

const KIB = 1024
const MIB = 1024 * KIB

const entry = (name: string, bytes: Buffer) => [
  tarHeader(name, bytes.length),
  bytes,
  tarPadding(bytes.length),
]

const chunk = (name: string, bytes: Buffer, kind: ChunkChecksum = 'xxhash') => [
  ...entry(name, bytes),
  ...entry(`${name}${CHECKSUMS[kind].suffix}`, Buffer.from(CHECKSUMS[kind].of(bytes))),
]

/** ova.xml with disks of these sizes, `Ref:7`, `Ref:8` …, and an ISO image that has no chunks. */
const ova = (...sizes: number[]) => {
  const vdi = (number: number, size: number) => ({
    class: 'VDI',
    id: `Ref:${number}`,
    snapshot: {
      uuid: `uuid-${number}`,
      virtual_size: String(size),
      other_config: { uuid: 'no', id: 'x' },
    },
  })
  const vm = {
    class: 'VM',
    id: 'Ref:1',
    snapshot: { uuid: 'vm', name_label: 'a & b', VBDs: ['Ref:2'] },
  }
  const objects = [vm, ...sizes.map((size, index) => vdi(7 + index, size)), vdi(99, 5)]
  return entry('ova.xml', Buffer.from(xmlValue({ version: { hostname: 'h' }, objects })))
}

const read = async (parts: Buffer[], wanted: (uuid: string) => boolean = () => true) => {
  const reader = byteReader(Readable(Buffer.concat(parts)))
  const disks = new Map<string, Buffer>()
  const told: string[] = []
  for await (const piece of readXva(reader, wanted)) {
    if ('foreign' in piece) told.push(`foreign ${piece.vdiUuid}`)
    else if (piece.end) told.push(`end ${piece.vdiUuid} ${piece.size}`)
    else {
      const disk = disks.get(piece.vdiUuid) ?? Buffer.alloc(8 * MIB)
      disk.set(piece.bytes, piece.offset)
      disks.set(piece.vdiUuid, disk)
    }
  }
  return { disks, told }
}

/** In pieces that fit nothing. */
async function* Readable(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 100_003) yield bytes.subarray(at, at + 100_003)
}

const full = (byte: number, length = MIB) => Buffer.alloc(length, byte)

describe('an XVA is read', () => {
  test.each<ChunkChecksum>(['xxhash', 'sha1'])('with checksums of the kind %s', async kind => {
    const { disks, told } = await read([
      ...ova(3 * MIB + 512, MIB),
      ...chunk('Ref:7/00000000', full(1), kind),
      ...chunk('Ref:7/00000003', full(2, 512), kind),
      ...chunk('Ref:8/00000000', full(3), kind),
      END_OF_TAR,
    ])
    const first = disks.get('uuid-7') as Buffer
    expect(first.subarray(0, MIB).equals(full(1))).toBe(true)
    expect(first.subarray(MIB, 3 * MIB).equals(full(0, 2 * MIB))).toBe(true)
    expect(first.subarray(3 * MIB, 3 * MIB + 512).equals(full(2, 512))).toBe(true)
    expect(disks.get('uuid-8')?.subarray(0, MIB).equals(full(3))).toBe(true)
    expect(told).toEqual([`end uuid-7 ${3 * MIB + 512}`, `end uuid-8 ${MIB}`])
  })

  test('past disks that are not wanted', async () => {
    const { disks, told } = await read(
      [
        ...ova(MIB, MIB),
        ...chunk('Ref:7/00000000', full(1)),
        ...chunk('Ref:8/00000000', full(3)),
        END_OF_TAR,
      ],
      uuid => uuid === 'uuid-8',
    )
    expect([...disks.keys()]).toEqual(['uuid-8'])
    expect(told).toEqual(['foreign uuid-7', `end uuid-8 ${MIB}`])
  })

  test('places are found by adding up: chunks without data shift the numbers behind them', () =>
    fc.assert(
      fc.asyncProperty(
        // Of each inner chunk: absent, present, or present behind a chunk without data.
        fc.array(fc.constantFrom('absent', 'present', 'late'), { maxLength: 6 }),
        async inner => {
          const states = ['present', ...inner, 'present']
          const parts: Buffer[] = []
          let number = 0
          for (const [index, state] of states.entries()) {
            const name = () => `Ref:7/${String(number++).padStart(8, '0')}`
            if (state === 'late') parts.push(...chunk(name(), Buffer.alloc(0)))
            if (state === 'absent') number++
            else parts.push(...chunk(name(), full(index + 1)))
          }
          const size = states.length * MIB
          const { disks } = await read([...ova(size), ...parts, END_OF_TAR])
          for (const [index, state] of states.entries())
            expect(disks.get('uuid-7')?.[index * MIB + 77]).toBe(state === 'absent' ? 0 : index + 1)
        },
      ),
      { numRuns: 30 },
    ))

  test.each<[string, () => Buffer[], RegExp]>([
    [
      'a wrong checksum',
      () => {
        const parts = chunk('Ref:7/00000000', full(1))
        parts[1] = full(2)
        return [...ova(MIB), ...parts, END_OF_TAR]
      },
      /the checksum of the chunk Ref:7\/00000000 is wrong/,
    ],
    [
      'no checksum',
      () => [...ova(MIB), ...entry('Ref:7/00000000', full(1)), END_OF_TAR],
      /there is no checksum behind/,
    ],
    [
      'no ova.xml at its start',
      () => [...chunk('Ref:7/00000000', full(1)), END_OF_TAR],
      /does not begin with ova.xml/,
    ],
    [
      'a disk that ova.xml does not name',
      () => [...ova(MIB), ...chunk('Ref:70/00000000', full(1)), END_OF_TAR],
      /holds "Ref:70", which/,
    ],
    [
      'a chunk behind the end of its disk',
      () => [...ova(MIB), ...chunk('Ref:7/00000001', full(1)), END_OF_TAR],
      /behind the end of its disk/,
    ],
    [
      'numbers that go back',
      () => [
        ...ova(4 * MIB),
        ...chunk('Ref:7/00000002', full(1)),
        ...chunk('Ref:7/00000001', full(1)),
        END_OF_TAR,
      ],
      /out of order/,
    ],
    [
      'a disk that breaks off for another',
      () => [
        ...ova(2 * MIB, MIB),
        ...chunk('Ref:7/00000000', full(1)),
        ...chunk('Ref:8/00000000', full(1)),
        END_OF_TAR,
      ],
      /the disk uuid-7 is not complete/,
    ],
    [
      'a header that is none',
      () => [...ova(MIB), Buffer.alloc(512, 7), END_OF_TAR],
      /the checksum of a tar header is wrong/,
    ],
    [
      'data behind its end',
      () => [...ova(MIB), ...chunk('Ref:7/00000000', full(1)), END_OF_TAR, full(1, 512)],
      /data follows behind its end/,
    ],
  ])('and refused with %s', async (_, parts, why) => {
    const refused = read(parts())
    await expect(refused).rejects.toThrow(XvaFormatError)
    await expect(refused).rejects.toThrow(why)
  })

  test('and known to be cut off, wherever that happens', async () => {
    const whole = Buffer.concat([
      ...ova(2 * MIB),
      ...chunk('Ref:7/00000000', full(1)),
      ...chunk('Ref:7/00000001', full(1)),
      END_OF_TAR,
    ])
    for (const length of [0, 100, 512, 3 * KIB, MIB, 2 * MIB, whole.length - 600, whole.length - 1])
      await expect(read([whole.subarray(0, length)]), `${length} bytes`).rejects.toThrow(
        XvaTruncatedError,
      )
    const ended = [...ova(2 * MIB), ...chunk('Ref:7/00000000', full(1)), END_OF_TAR]
    await expect(read(ended)).rejects.toThrow(XvaTruncatedError)
  })
})
