import { XapiTaskLostError } from '#core/errors/xenserver.ts'
import type { Xapi } from '../xapi/api.ts'
import type { ChunkMemory, DiskRange, DiskSource, SnapshotDisk } from './api.ts'
import { realReason } from './real-reason.ts'
import { readVhdStream } from './vhd-stream.ts'

/** The whole disk through `GET /export_raw_vdi?format=vhd`; blocks that were never written are known to be zero. */
export const vhdSource = (xapi: Xapi, disk: SnapshotDisk, chunkSize: number): DiskSource => {
  let bytesRead = 0
  const reasons: string[] = []
  const what = `export of the disk "${disk.name}"`

  async function* open(wanted: readonly DiskRange[], signal: AbortSignal, memory: ChunkMemory) {
    const query = { vdi: disk.ref, format: 'vhd' }
    const download = await xapi.download('/export_raw_vdi', { query, what, signal })
    try {
      yield* readVhdStream(download.body, wanted, {
        size: disk.size,
        chunkSize,
        what,
        memory,
        onBytes: count => {
          bytesRead += count
        },
      })
      // The closing footer has been read, so nothing is missing; a pending task is forgotten after 24 h (reference 1.6).
      await download.outcome().catch(error => {
        if (!(error instanceof XapiTaskLostError)) throw error
        reasons.push(
          'the end of the export was not told, because XenServer lost its task (as it does after 24 h), but the stream was complete',
        )
      })
    } catch (error) {
      signal.throwIfAborted()
      throw await realReason(error, download)
    } finally {
      await download.close()
    }
  }

  return {
    rung: 'vhd',
    reasons,
    get bytesRead() {
      return bytesRead
    },
    open,
  }
}
