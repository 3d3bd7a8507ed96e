import { z } from 'zod'
import type { WireCompression } from '#core/contracts/jobs.ts'
import { StreamBrokenError } from '#core/errors/xenserver.ts'
import { XvaFormatError, XvaTruncatedError } from '#disk-formats/xva/errors.ts'
import { readXva } from '#disk-formats/xva/read.ts'
import type { Xapi } from '../../xapi/api.ts'
import { PoolRecord, recordsOf } from '../../xapi/records.ts'
import type { ChunkMemory, DiskExtent, DiskRange } from '../api.ts'
import { byteReader } from '../byte-reader.ts'
import { realReason } from '../real-reason.ts'
import { assembler } from './assemble.ts'
import { type Compression, decompressed } from './decompress.ts'

/** What is wanted of one disk of the stream. */
export interface Want {
  /** Bytes that the disk has. */
  size: number
  wanted: readonly DiskRange[]
  /** bytes */
  chunkSize: number
  memory: ChunkMemory
}

/** One extent of a disk, or its end. */
export type StreamItem = { vdiUuid: string } & ({ extent: DiskExtent } | { end: true })

export interface VmStreamOptions {
  /** The snapshot VM. */
  vm: { ref: string; name: string }
  wire: WireCompression | undefined
  /** By the UUID of the snapshot's VDI. */
  wants: ReadonlyMap<string, Want>
  signal: AbortSignal
  /** Bytes as they came over the wire. */
  onBytes(count: number): void
  /** Tells where it was not as asked for: one clause. */
  onNote(reason: string): void
}

/** @returns how the host is asked to compress; with the reason where it is not what was wanted */
const agree = async (
  { call }: Xapi,
  wire: WireCompression | undefined,
  onNote: (reason: string) => void,
): Promise<WireCompression | undefined> => {
  if (wire !== 'zstd') return wire
  const restrictions = recordsOf(
    PoolRecord.extend({ restrictions: z.record(z.string(), z.string()).default({}) }),
  )
  const [pool] = Object.values(await call('pool.get_all_records', [], restrictions))
  if (pool?.restrictions.restrict_zstd_export !== 'true') return 'zstd'
  onNote(
    'compressed with gzip instead of zstd, because the licence of the pool does not allow zstd',
  )
  return 'gzip'
}

/**
 * `GET /export` of a snapshot: all its disks in one stream. Every chunk is proven by its checksum and every disk by its size, so the word of
 * the export's task is not waited for. Ends when every wanted disk was complete.
 * @throws `STREAM_INVALID`, `STREAM_TRUNCATED`, `STREAM_STALLED`, `EXPORT_FAILED`, {@link XapiError}
 */
export async function* vmStream(
  xapi: Xapi,
  { vm, wire, wants, signal, onBytes, onNote }: VmStreamOptions,
): AsyncGenerator<StreamItem> {
  const what = `export of the VM "${vm.name}"`
  const asked = await agree(xapi, wire, onNote)
  const query = {
    ref: vm.ref,
    // The memory image of a checkpoint is in the stream only so.
    preserve_power_state: 'true',
    ...(asked && { use_compression: asked }),
  }
  const download = await xapi.download('/export', { query, what, signal })
  const left = new Set(wants.keys())
  const counted = async function* () {
    for await (const piece of download.body) {
      onBytes(piece.length)
      yield piece
    }
  }
  const onKind = (kind: Compression) => {
    if (asked && kind === 'none')
      onNote(`not compressed although ${asked} was asked for, because the host does not know it`)
  }
  const pieces = decompressed(counted(), what, onKind)
  try {
    // The rest of the stream is of no interest once nothing but other disks follows.
    for await (const item of disksOf(pieces, wants, () => left.size === 0)) {
      if ('end' in item) left.delete(item.vdiUuid)
      yield item
    }
    const [missing] = left
    if (missing) throw new XvaFormatError(`the disk ${missing} of the snapshot is not in it`)
  } catch (error) {
    signal.throwIfAborted()
    // What follows the last disk tells nothing of those before.
    if (left.size === 0) return
    throw await realReason(explained(error, what), download)
  } finally {
    await download.close()
  }
}

async function* disksOf(
  pieces: AsyncGenerator<Uint8Array>,
  wants: ReadonlyMap<string, Want>,
  isDone: () => boolean,
): AsyncGenerator<StreamItem> {
  const reader = byteReader(pieces)
  let open: { vdiUuid: string; chunks: ReturnType<typeof assembler> } | undefined
  const chunksFor = (vdiUuid: string) => {
    if (open?.vdiUuid === vdiUuid) return open.chunks
    const want = wants.get(vdiUuid) as Want
    open = { vdiUuid, chunks: assembler(want.wanted, want.chunkSize, want.memory) }
    return open.chunks
  }
  try {
    for await (const piece of readXva(reader, vdiUuid => wants.has(vdiUuid))) {
      const { vdiUuid } = piece
      if ('foreign' in piece) {
        if (isDone()) return
        continue
      }
      const chunks = chunksFor(vdiUuid)
      const { size } = wants.get(vdiUuid) as Want
      if (piece.end && piece.size !== size)
        throw new XvaFormatError(`it holds ${piece.size} bytes of a disk of ${size}`)
      const extents = piece.end ? chunks.finish() : chunks.push(piece.offset, piece.bytes)
      for await (const extent of extents) yield { vdiUuid, extent }
      if (piece.end) yield { vdiUuid, end: true }
    }
  } finally {
    open?.chunks.drop()
    await pieces.return(undefined)
  }
}

const explained = (error: unknown, what: string): unknown => {
  if (error instanceof XvaTruncatedError)
    return new StreamBrokenError('STREAM_TRUNCATED', what, error.message, error)
  if (error instanceof XvaFormatError)
    return new StreamBrokenError(
      'STREAM_INVALID',
      what,
      `the XVA stream is not valid, ${error.message}`,
      error,
    )
  return error
}
