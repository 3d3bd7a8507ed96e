import type { ChecksumKind } from '../formats/xva/chunk-checksum.ts'
import { compress, requestedCompression } from '../formats/xva/compression.ts'
import { CHUNK, type SourceDisk, writeDisks } from '../formats/xva/write-disks.ts'
import { writeXva } from '../formats/xva/write-xva.ts'
import { assertLicensed } from '../licence.ts'
import { isAtLeast } from '../releases.ts'
import type { State } from '../state.ts'
import { attachToDom0 } from '../xapi/dom0.ts'
import { withVmOperation } from '../xapi/locks.ts'
import type { Ref } from '../xapi/records/index.ts'
import type { HandlerContext, StreamHandler } from './context.ts'
import { assertReachable } from './reachability.ts'
import { every } from './xva/every.ts'
import { type Related, relatedObjects } from './xva/related-objects.ts'
import { writeOva } from './xva/write-ova.ts'

const VHD_BLOCK = 2 * CHUNK
/** Progress, and a look whether somebody cancelled, at most this often. */
const REPORT_EVERY_MS = 10_000
/** After so long without a byte a chunk without data keeps the connection alive. */
const KEEP_ALIVE_AFTER_MS = 5_000

/**
 * GET /export: `ref` or `uuid`, `use_compression`, `preserve_power_state`. The VM is locked before the headers go out,
 * so a running VM is refused with a plain 500; what goes wrong afterwards arrives inside the stream.
 */
export const exportXva: StreamHandler = async context => {
  const { state, query, task } = context
  const vm = vmOf(state, query)
  const requested = requestedCompression(query.get('use_compression'))
  // Before xapi 1.161 an unknown compression is silently none.
  const knowsZstd = isAtLeast(state.release, [1, 161])
  const compression = requested === 'zstd' && !knowsZstd ? 'none' : requested
  if (compression === 'zstd') assertLicensed(state, 'zstd', 'Zstd_export')
  const preserve = query.get('preserve_power_state') === 'true'
  assertReachable(context, relatedObjects(state, vm, preserve).srs)
  task.progress(0)
  const work = async () => {
    context.reply.head('HTTP/1.0 200 OK', {
      ...context.headers,
      'content-type': 'application/octet-stream',
      'Content-Disposition': 'attachment; filename="export.xva"',
    })
    const archive = xva(context, relatedObjects(state, vm, preserve), preserve)
    const packed = compress(archive, compression)
    for await (const piece of packed) await context.reply.write(piece)
  }
  await withVmOperation(state, vm, 'export', task.ref, work, state.timing.exportLockWait)
  return undefined
}

function vmOf(state: State, query: URLSearchParams): Ref {
  const ref = query.get('ref') ?? ''
  const uuid = query.get('uuid')
  if (uuid) return state.database.byUuid('VM', uuid)
  state.database.get('VM', ref)
  return ref
}

function xva(context: HandlerContext, related: Related, preserve: boolean): AsyncGenerator<Buffer> {
  const { state } = context
  // Like XAPI's counter this one never starts at 0 and grows from export to export.
  const { xml, ids } = writeOva(state, related, preserve, state.database.generation())
  return writeXva(xml, Math.floor(state.clock().getTime() / 1000), chunks(context, related, ids))
}

/** Disk after disk, each attached to dom0 while its turn lasts. */
async function* chunks(
  context: HandlerContext,
  { disks }: Related,
  ids: ReadonlyMap<Ref, string>,
): AsyncGenerator<Buffer> {
  const { state, host } = context
  const sizeOf = (vdi: Ref) => state.database.get('VDI', vdi).virtual_size
  const total = disks.reduce((sum, vdi) => sum + sizeOf(vdi), 0)
  const named = disks.map(vdi => ({ vdi, directory: ids.get(vdi) ?? '' }))
  named.sort((a, b) => (a.directory < b.directory ? -1 : 1))
  let done = 0
  const report = every(REPORT_EVERY_MS, state.clock, () => {
    context.task.progress(done / total)
    context.task.assertNotCancelled()
  })
  const silence = createSilence(state)
  for (const { vdi, directory } of named) {
    const detach = attachToDom0(state, host, vdi, 'RO', 'attach')
    const before = done
    try {
      const source = await sourceDisk(state, vdi, directory, offset => {
        done = before + offset
        report()
      })
      const options = { checksums: checksumsOf(state), silent: silence.isSilent }
      for await (const piece of writeDisks([source], options)) {
        yield piece
        silence.broken()
      }
    } finally {
      detach()
    }
    done = before + sizeOf(vdi)
  }
}

async function sourceDisk(
  state: State,
  vdi: Ref,
  directory: string,
  onOffset: (offset: number) => void,
): Promise<SourceDisk> {
  const { uuid } = state.database.get('VDI', vdi)
  const allocated = new Set(await state.disks.allocatedBlocks(uuid))
  return {
    directory,
    size: state.disks.size(uuid),
    read: (offset, length) => state.disks.read(uuid, offset, length),
    // Chunks are half as long as VHD blocks and never cross one.
    isHole: offset => {
      onOffset(offset)
      return !allocated.has(Math.floor(offset / VHD_BLOCK))
    },
  }
}

/** When the archive has been silent for too long, or a test orders it to behave as if. */
function createSilence(state: State) {
  let last = state.clock().getTime()
  return {
    isSilent: () =>
      state.clock().getTime() - last > KEEP_ALIVE_AFTER_MS ||
      state.faults.take('keep-alive-chunk', 'export') !== undefined,
    broken: () => {
      last = state.clock().getTime()
    },
  }
}

/** Servers before xapi 1.170 (Citrix Hypervisor 8.1) wrote SHA-1. */
const checksumsOf = (state: State): ChecksumKind =>
  isAtLeast(state.release, [1, 170]) ? 'xxhash' : 'sha1'
