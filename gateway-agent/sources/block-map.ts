import { isZero } from '#disk-formats/zeros.ts'
import type { Xapi } from '../xapi/api.ts'
import type { DiskRange, SnapshotDisk } from './api.ts'
import { CBT_BLOCK } from './changed-blocks.ts'
import { lengthOf, without } from './ranges.ts'
import { readVhdMap } from './vhd-stream.ts'

/** Where a disk holds data, as its host tells. */
export interface BlockMap {
  /** Ascending, in whole VHD blocks or up to the end of the disk. @throws as `DiskSource.open` */
  read(signal: AbortSignal): Promise<DiskRange[]>
  /** What changed since some earlier snapshot: another witness of where data may be. */
  changed?: readonly DiskRange[]
}

/**
 * Milliseconds without a byte until the map is given up. A host that keeps the disk as VHD has its table at once; one that does not
 * reads the whole disk first, to see which blocks are zero, and then the map is no gain.
 */
const MAP_PATIENCE = 60_000

/** From the start of `GET /export_raw_vdi?format=vhd`: header and block allocation table; the stream is closed behind them. */
export const vhdBlockMap = (xapi: Xapi, disk: SnapshotDisk): BlockMap => ({
  read: async signal => {
    const what = `the block map of the disk "${disk.name}"`
    const query = { vdi: disk.ref, format: 'vhd' }
    const options = { query, what, signal, idleTimeout: MAP_PATIENCE }
    const download = await xapi.download('/export_raw_vdi', options)
    try {
      return await readVhdMap(download.body, { size: disk.size, what })
    } finally {
      await download.close()
    }
  },
})

/** Blocks of 64 KiB that are looked at where the map says that nothing is there. */
const SAMPLES = 32
/** Blocks of 64 KiB outside the map that CBT knows to have changed: each is looked at, up to 32 MiB; beyond that, evenly spread ones. */
const WITNESSES = 512
const AT_ONCE = 16

export interface Witnesses {
  disk: Pick<SnapshotDisk, 'size'>
  changed?: readonly DiskRange[]
  /** between 0 and 1 */
  random: () => number
  /** Reads bytes of the disk, past the map. */
  read(offset: number, target: Uint8Array): Promise<void>
}

/**
 * Looks at blocks that a map leaves out: all those must read as zero. Changed blocks are the best witnesses, because what was written is
 * where a wrong map would miss it; without them the first and the last block of the disk (partition tables) and a spread sample are read.
 * A sample finds a map that is wrong at large, not one that misses a single block.
 *
 * @returns what contradicts the map, to follow "because"; undefined where nothing does
 */
export const contradiction = async (
  map: readonly DiskRange[],
  { disk: { size }, changed = [], random, read }: Witnesses,
): Promise<string | undefined> => {
  const absent = without([{ offset: 0, length: size }], map)
  const witnesses = spread(without(changed, map), WITNESSES, () => 0)
  const edges = [0, lastBlock(size)].filter(at => absent.some(range => holds(range, at)))
  const samples = [...edges, ...spread(absent, SAMPLES, random)]
  const isWrong = async (offset: number): Promise<boolean> => {
    const bytes = Buffer.alloc(Math.min(CBT_BLOCK, size - offset))
    await read(offset, bytes)
    return !isZero(bytes)
  }
  /** Several at once: on a long line each answer takes its time. */
  const firstWrong = async (offsets: readonly number[]): Promise<number | undefined> => {
    for (let at = 0; at < offsets.length; at += AT_ONCE) {
      const some = offsets.slice(at, at + AT_ONCE)
      const wrong = await Promise.all(some.map(isWrong))
      if (wrong.includes(true)) return some[wrong.indexOf(true)]
    }
    return undefined
  }
  const known = await firstWrong(witnesses)
  if (known !== undefined)
    return `changed-block tracking knows of data at ${known} bytes that the map of allocated blocks leaves out`
  const found = await firstWrong(samples)
  if (found !== undefined)
    return `there is data at ${found} bytes although the map of allocated blocks leaves it out`
  return undefined
}

const lastBlock = (size: number): number => Math.floor((size - 1) / CBT_BLOCK) * CBT_BLOCK

const holds = ({ offset, length }: DiskRange, at: number): boolean =>
  at >= offset && at < offset + length

/** @returns starts of blocks of 64 KiB in `ranges`, ascending: all of them, or one at random from each of `count` equal parts */
const spread = (ranges: readonly DiskRange[], count: number, random: () => number): number[] => {
  const total = Math.ceil(lengthOf(ranges) / CBT_BLOCK)
  const wanted =
    total <= count
      ? Array.from({ length: total }, (_, index) => index)
      : Array.from({ length: count }, (_, part) =>
          Math.floor(((part + Math.min(random(), 0.999)) * total) / count),
        )
  const starts: number[] = []
  let before = 0
  let next = 0
  for (const { offset, length } of ranges) {
    const blocks = Math.ceil(length / CBT_BLOCK)
    for (
      let index = wanted[next];
      index !== undefined && index < before + blocks;
      index = wanted[next]
    ) {
      starts.push(offset + (index - before) * CBT_BLOCK)
      next++
    }
    before += blocks
  }
  return starts
}
