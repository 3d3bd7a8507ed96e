import { asXenkeepError } from '#core/errors/base.ts'
import { XapiTaskFailedError } from '#core/errors/xenserver.ts'
import type { Xapi } from '../xapi/api.ts'
import type { ChunkMemory, DiskRange, DiskSource, SnapshotDisk } from './api.ts'
import { realReason } from './real-reason.ts'
import { readVhdStream } from './vhd-stream.ts'

/** Of a pool that could not be asked for the outcome, or forgot it, as it does with a pending task after 24 h (reference 1.6). */
const UNTOLD = new Set([
  'XAPI_TASK_LOST',
  'XAPI_UNREACHABLE',
  'XAPI_INTERRUPTED',
  'XAPI_SESSION_LOST',
  'XAPI_NOT_COORDINATOR',
  'XAPI_HOST_TROUBLE',
  'XAPI_BUSY',
])

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
      // The closing footer has been read, so nothing is missing. That the export failed all the same only its task can say.
      await download.outcome().catch(error => {
        const { code, message } = asXenkeepError(error)
        const isUntold = UNTOLD.has(code) && !(error instanceof XapiTaskFailedError)
        if (signal.aborted || !isUntold) throw error
        const why = 'XenServer did not say how the export ended, but the stream was complete'
        reasons.push(`${why}: ${message}`.slice(0, 500))
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
