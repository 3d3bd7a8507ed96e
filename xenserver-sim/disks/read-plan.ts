import { CBT_BLOCK } from './granularity.ts'
import { chainOf, type Layer } from './layer.ts'
import type { RawFile } from './raw-file.ts'
import { type Slab, ZERO_SLOT } from './slab.ts'

type Source =
  | { kind: 'zero' }
  | { kind: 'raw'; file: RawFile }
  | { kind: 'slot'; slot: number; skip: number }
type Segment = Source & { at: number; length: number }

/**
 * Reads from the disk whose top is `layer`. Where each byte lies is decided before the first await: what happens to
 * the disk afterwards (writes, snapshots, destruction) does not change this read.
 * Reads into `into` where it is given: memory that is used again spares the collector half a gigabyte a second.
 */
export async function readLayer(
  layer: Layer,
  slab: Slab,
  offset: number,
  length: number,
  into?: Buffer,
): Promise<Buffer> {
  const target = into ? into.subarray(0, length) : Buffer.allocUnsafe(length)
  const segments = plan(layer, offset, length)
  await slab.whileReading(async () => {
    for (const segment of segments) {
      const piece = target.subarray(segment.at, segment.at + segment.length)
      if (segment.kind === 'zero') piece.fill(0)
      else if (segment.kind === 'raw') await segment.file.readInto(piece, offset + segment.at)
      else await slab.read(segment.slot, segment.skip, piece)
    }
  })
  return target
}

/** Neighbours are joined, so an untouched stretch of a raw file is one large read. */
function plan(layer: Layer, offset: number, length: number): Segment[] {
  const chain = chainOf(layer)
  const raw = chain.at(-1)?.raw
  const written = chain.map(each => each.blocks).filter(blocks => blocks.size > 0)
  const segments: Segment[] = []
  for (let at = 0; at < length; ) {
    const block = Math.floor((offset + at) / CBT_BLOCK)
    const skip = offset + at - block * CBT_BLOCK
    const size = Math.min(CBT_BLOCK - skip, length - at)
    const source = locate(written, raw, block, skip)
    const last = segments.at(-1)
    if (last && follows(last, source)) last.length += size
    else segments.push({ ...source, at, length: size })
    at += size
  }
  return segments
}

function locate(
  written: Map<number, number>[],
  file: RawFile | undefined,
  block: number,
  skip: number,
): Source {
  for (const blocks of written) {
    const slot = blocks.get(block)
    if (slot === ZERO_SLOT) return { kind: 'zero' }
    if (slot !== undefined) return { kind: 'slot', slot, skip }
  }
  return file ? { kind: 'raw', file } : { kind: 'zero' }
}

function follows(last: Segment, next: Source): boolean {
  if (last.kind === 'slot' && next.kind === 'slot') {
    return last.slot * CBT_BLOCK + last.skip + last.length === next.slot * CBT_BLOCK + next.skip
  }
  return last.kind === next.kind
}
