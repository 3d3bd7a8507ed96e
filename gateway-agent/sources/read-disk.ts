import { z } from 'zod'
import type { Rung } from '#core/contracts/points.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { isXapiError, XapiError } from '#core/errors/xenserver.ts'
import type { Xapi } from '../xapi/api.ts'
import type { Waiting } from '../xapi/backoff.ts'
import { recordsWhere } from '../xapi/query.ts'
import { VdiRecord } from '../xapi/records.ts'
import type {
  ChunkMemory,
  DiskExtent,
  DiskRange,
  DiskReading,
  DiskSource,
  ReadDiskOptions,
  SnapshotDisk,
} from './api.ts'
import { type BlockMap, vhdBlockMap } from './block-map.ts'
import { CBT_BLOCK, changedRanges, covers } from './changed-blocks.ts'
import {
  BITMAP_TOO_SHORT,
  type DiskFormat,
  formatOf,
  waysTo,
  whyFull,
  whyNoBlocks,
} from './choose.ts'
import { type NbdTransport, nbdTransport } from './nbd/offer.ts'
import { nbdSource } from './nbd.ts'
import { ownMemory } from './own-memory.ts'
import { lengthOf, rangesFrom, union, without } from './ranges.ts'
import { vhdSource } from './vhd.ts'

const CHUNK_SIZE = 1024 * 1024
const MAX_CHUNK_SIZE = 2 * 1024 * 1024 // a VHD block, and what one NBD request asks for
/** SM reads the log of every snapshot in between. */
const LIST_TIMEOUT = 15 * 60_000
/** After a broken export dom0 needs some seconds to let go of the disk. */
const PAUSE_BEFORE_RETRY = 5_000

interface Changes {
  /** What changed, in blocks of so many bytes. */
  in?: (blockSize: number) => DiskRange[]
  /** Why everything has to be read, where it has. */
  reason?: string
}

const findBase = async (xapi: Xapi, uuid: string) => {
  const [found] = await recordsWhere(xapi, 'VDI', 'uuid', uuid, VdiRecord)
  return found && { ref: found[0], cbt: found[1].cbt_enabled }
}

const listChanges = async (
  { call }: Xapi,
  from: string,
  { disk, signal }: ReadDiskOptions,
): Promise<Changes> => {
  try {
    const parameters = [from, disk.ref]
    const options = { signal, timeout: LIST_TIMEOUT }
    const text = await call('VDI.list_changed_blocks', parameters, z.string(), options)
    const bitmap = Buffer.from(text, 'base64')
    if (!covers(bitmap, disk.size)) return { reason: BITMAP_TOO_SHORT }
    return { in: blockSize => changedRanges(bitmap, disk.size, blockSize) }
  } catch (error) {
    if (!(error instanceof XapiError)) throw error
    return { reason: whyNoBlocks(error.xapiCode) }
  }
}

/** Reads from the first source; when it fails, goes on with the next one where the last had stopped. */
const readingFrom = (
  sources: readonly DiskSource[],
  wanted: readonly DiskRange[],
  plan: { incremental: boolean; reasons: string[]; together?: object | undefined },
  signal: AbortSignal,
  waiting: Waiting,
  chunkSize: number,
): DiskReading => {
  const [best] = sources
  if (!best) throw new RangeError('There is no way to the disk without the stream of its VM.')
  let source = best
  let needed = wanted

  async function* extents(memory = ownMemory(chunkSize)): AsyncGenerator<DiskExtent> {
    let position = 0
    if (needed.length === 0) {
      source.decline?.()
      return
    }
    // Of the receiver: no other way to the disk helps against it.
    let refused: { error: unknown } | undefined
    const lending: ChunkMemory = {
      buffer: () =>
        memory.buffer().catch(error => {
          refused = { error }
          throw error
        }),
      giveBack: bytes => memory.giveBack(bytes),
    }
    for (const [index, next] of sources.entries()) {
      source = next
      try {
        for await (const extent of next.open(rangesFrom(needed, position), signal, lending)) {
          position = extent.offset + (extent.zero ? extent.length : extent.bytes.length)
          yield extent
        }
        return
      } catch (error) {
        signal.throwIfAborted()
        if (refused) throw refused.error
        const following = sources[index + 1]
        if (!following || !mayHelp(error)) throw error
        const how = following.rung === next.rung ? 'read again' : 'read on'
        const why = `${how} ${AS[following.rung]}, because: ${error.message}`
        plan.reasons.push(why.slice(0, 500))
        await waiting.sleep(PAUSE_BEFORE_RETRY, signal)
      }
    }
  }

  return {
    get rung() {
      return source.rung
    },
    incremental: plan.incremental,
    get reasons() {
      return [...plan.reasons, ...[...new Set(sources)].flatMap(({ reasons }) => reasons ?? [])]
    },
    bytesTotal: lengthOf(wanted),
    get bytesRead() {
      return [...new Set(sources)].reduce((sum, { bytesRead }) => sum + bytesRead, 0)
    },
    ...(plan.together && { together: plan.together }),
    skip(done) {
      needed = without(wanted, done)
      return lengthOf(wanted) - lengthOf(needed)
    },
    extents,
  }
}

/** What a disk is read as, in the words of a reason. */
const AS: Record<Rung, string> = {
  'cbt-nbd': 'over NBD',
  'map-nbd': 'over NBD',
  nbd: 'over NBD',
  vhd: 'as a VHD stream',
  xva: 'as part of the stream of the whole VM',
}

/** Whether another way may succeed where this failed: not where the pool is away or the snapshot is gone. */
const mayHelp = (error: unknown): error is XenkeepError =>
  error instanceof XenkeepError &&
  error.code !== 'XAPI_UNREACHABLE' &&
  !isXapiError(error, 'HANDLE_INVALID', 'UUID_INVALID')

/** VDI.sm_config and SR.type of the disk. */
const readFormat = async ({ call }: Xapi, { ref }: SnapshotDisk): Promise<DiskFormat> => {
  const { sm_config, SR } = await call('VDI.get_record', [ref], VdiRecord)
  return formatOf(sm_config, await call('SR.get_type', [SR], z.string()))
}

/**
 * Decides how a disk of a snapshot is read (changed blocks or all; which of the ways there are) and why. Nothing is opened before
 * the first extent is asked for.
 *
 * A source that fails in mid-read is followed by a lower one at the same place, so the receiver notices nothing but a
 * reason more.
 * @throws {XapiError}, `XAPI_UNREACHABLE` …; `extents` throws when the last way has failed
 */
export const readDisk = async (xapi: Xapi, options: ReadDiskOptions): Promise<DiskReading> => {
  const { disk, base, whole = false, chunkSize = CHUNK_SIZE, signal } = options
  if (chunkSize < CBT_BLOCK || chunkSize > MAX_CHUNK_SIZE || (chunkSize & (chunkSize - 1)) !== 0)
    throw new RangeError(`A chunk size of ${chunkSize} bytes cannot be read.`)
  const baseVdi = base && (await findBase(xapi, base.vdiUuid))
  const fullReason = whyFull({
    size: disk.size,
    cbt: disk.cbt,
    ...(base && { base: { size: base.size, ...(baseVdi && { vdi: baseVdi }) } }),
  })
  const changes: Changes =
    fullReason === undefined && baseVdi
      ? await listChanges(xapi, baseVdi.ref, options)
      : { ...(fullReason && { reason: fullReason }) }
  const ranges = whole ? undefined : changes.in?.(chunkSize)
  const wanted = ranges ? union(ranges, options.also ?? []) : [{ offset: 0, length: disk.size }]
  const reasons = changes.reason === undefined ? [] : [changes.reason]
  const incremental = ranges !== undefined
  const transport = wanted.length === 0 ? 'none' : await nbdTransport(xapi)
  const { ways, reason } = waysTo({
    size: disk.size,
    incremental,
    // Of no interest where nothing is read in full.
    format: incremental ? 'vhd' : await readFormat(xapi, disk),
    nbd: transport,
    allowInsecureNbd: xapi.allowInsecureNbd,
    wire: options.wire,
  })
  if (wanted.length > 0 && reason !== undefined) reasons.push(reason)
  // Where nothing changed nothing is opened, so how it would have been read is of no interest.
  const rungs = wanted.length === 0 ? (['cbt-nbd'] as const) : ways
  const shared = rungs[0] === 'xva' ? options.export : undefined
  const sources = sourcesOf(rungs, xapi, options, { chunkSize, transport, changes })
  const plan = { incremental, reasons, together: shared }
  return readingFrom(sources, wanted, plan, signal, xapi.waiting, chunkSize)
}

const sourcesOf = (
  rungs: readonly Rung[],
  xapi: Xapi,
  { disk, export: vm, wire }: ReadDiskOptions,
  {
    chunkSize,
    transport,
    changes,
  }: { chunkSize: number; transport: NbdTransport; changes: Changes },
): DiskSource[] => {
  const map = (): BlockMap => ({
    ...vhdBlockMap(xapi, disk),
    ...(changes.in && { changed: changes.in(CBT_BLOCK) }),
  })
  const nbd = { disk, chunkSize, transport }
  // Chosen from the start, the stream is one for all disks; taken in mid-read, it is this disk's own.
  const shared = rungs[0] === 'xva' ? vm?.together(disk, chunkSize, wire) : undefined
  const sourceOf = (rung: Rung): DiskSource | undefined => {
    switch (rung) {
      case 'cbt-nbd':
      case 'nbd':
        return nbdSource(xapi, { ...nbd, rung })
      case 'map-nbd':
        return nbdSource(xapi, { ...nbd, rung: 'nbd', map: map() })
      case 'vhd':
        return vhdSource(xapi, disk, chunkSize)
      case 'xva':
        return shared ?? vm?.alone(disk, chunkSize)
    }
  }
  return rungs.flatMap(rung => sourceOf(rung) ?? [])
}
