import { z } from 'zod'
import { XenkeepError } from '#core/errors/base.ts'
import { XapiError } from '#core/errors/xenserver.ts'
import type { Xapi } from '../xapi/api.ts'
import type { Waiting } from '../xapi/backoff.ts'
import { RefText, VdiRecord } from '../xapi/records.ts'
import { unlessGone } from '../xapi/vms.ts'
import type { DiskExtent, DiskRange, DiskReading, DiskSource, ReadDiskOptions } from './api.ts'
import { nbdSource } from './cbt-nbd.ts'
import { CBT_BLOCK, changedRanges } from './changed-blocks.ts'
import { BITMAP_TOO_SHORT, chooseRung, type DiskFacts, whyFull, whyNoBlocks } from './choose.ts'
import { nbdTransport } from './nbd/offer.ts'
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
  ranges?: DiskRange[]
  /** Why everything has to be read, where it has. */
  reason?: string
}

const findBase = async ({ call }: Xapi, uuid: string) => {
  const ref = await unlessGone(call('VDI.get_by_uuid', [uuid], RefText))
  const record = ref && (await unlessGone(call('VDI.get_record', [ref], VdiRecord)))
  return ref && record ? { ref, cbt: record.cbt_enabled } : undefined
}

const listChanges = async (
  { call }: Xapi,
  from: string,
  { disk, signal }: ReadDiskOptions,
  chunkSize: number,
): Promise<Changes> => {
  try {
    const parameters = [from, disk.ref]
    const options = { signal, timeout: LIST_TIMEOUT }
    const text = await call('VDI.list_changed_blocks', parameters, z.string(), options)
    const ranges = changedRanges(Buffer.from(text, 'base64'), disk.size, chunkSize)
    return ranges ? { ranges } : { reason: BITMAP_TOO_SHORT }
  } catch (error) {
    if (!(error instanceof XapiError)) throw error
    return { reason: whyNoBlocks(error.xapiCode) }
  }
}

/** Reads from the first source; when it fails, goes on with the next one where the last had stopped. */
const readingFrom = (
  sources: readonly DiskSource[],
  wanted: readonly DiskRange[],
  plan: { incremental: boolean; reasons: string[] },
  signal: AbortSignal,
  waiting: Waiting,
  chunkSize: number,
): DiskReading => {
  let source = sources[0] as DiskSource
  let needed = wanted

  async function* extents(memory = ownMemory(chunkSize)): AsyncGenerator<DiskExtent> {
    let position = 0
    if (needed.length === 0) return
    for (const [index, next] of sources.entries()) {
      source = next
      try {
        for await (const extent of next.open(rangesFrom(needed, position), signal, memory)) {
          position = extent.offset + (extent.zero ? extent.length : extent.bytes.length)
          yield extent
        }
        return
      } catch (error) {
        signal.throwIfAborted()
        const following = sources[index + 1]
        if (!following || !(error instanceof XenkeepError)) throw error
        const how = following.rung === next.rung ? 'read again' : 'read on'
        plan.reasons.push(`${how} as a VHD stream, because: ${error.message}`.slice(0, 500))
        await waiting.sleep(PAUSE_BEFORE_RETRY, signal)
      }
    }
  }

  return {
    get rung() {
      return source.rung
    },
    ...plan,
    bytesTotal: lengthOf(wanted),
    get bytesRead() {
      return sources.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
    },
    skip(done) {
      needed = without(wanted, done)
      return lengthOf(wanted) - lengthOf(needed)
    },
    extents,
  }
}

/**
 * Decides how a disk of a snapshot is read (changed blocks or all; NBD or VHD stream) and why. Nothing is opened before
 * the first extent is asked for.
 *
 * A source that fails in mid-read is followed by a lower one at the same place, so the receiver notices nothing but a
 * reason more.
 * @throws {XapiError}, `XAPI_UNREACHABLE` …; `extents` throws when the last rung has failed twice
 */
export const readDisk = async (xapi: Xapi, options: ReadDiskOptions): Promise<DiskReading> => {
  const { disk, base, chunkSize = CHUNK_SIZE, signal } = options
  if (chunkSize < CBT_BLOCK || chunkSize > MAX_CHUNK_SIZE || (chunkSize & (chunkSize - 1)) !== 0)
    throw new RangeError(`A chunk size of ${chunkSize} bytes cannot be read.`)
  const baseVdi = base && (await findBase(xapi, base.vdiUuid))
  const facts: DiskFacts = {
    size: disk.size,
    cbt: disk.cbt,
    ...(base && { base: { size: base.size, ...(baseVdi && { vdi: baseVdi }) } }),
    nbd: await nbdTransport(xapi),
    allowInsecureNbd: xapi.allowInsecureNbd,
  }
  const fullReason = whyFull(facts)
  const changes: Changes =
    fullReason === undefined && baseVdi
      ? await listChanges(xapi, baseVdi.ref, options, chunkSize)
      : { ...(fullReason && { reason: fullReason }) }
  const wanted = changes.ranges
    ? union(changes.ranges, options.also ?? [])
    : [{ offset: 0, length: disk.size }]
  const reasons = changes.reason === undefined ? [] : [changes.reason]
  const choice = chooseRung(facts)
  const vhd = () => vhdSource(xapi, disk, chunkSize)
  const sources = [vhd(), vhd()]
  // Where nothing changed nothing is opened, so how it would have been read is of no interest.
  if (wanted.length === 0 || choice.rung === 'cbt-nbd')
    sources.unshift(nbdSource(xapi, disk, chunkSize, facts.nbd))
  else if (choice.reason !== undefined) reasons.push(choice.reason)
  const plan = { incremental: changes.ranges !== undefined, reasons }
  return readingFrom(sources, wanted, plan, signal, xapi.waiting, chunkSize)
}
