import { StreamBrokenError, XapiError } from '#core/errors/xenserver.ts'
import type { Download, Xapi } from '../xapi/api.ts'
import type { ChunkMemory, DiskRange, DiskSource, SnapshotDisk } from './api.ts'
import { readVhdStream } from './vhd-stream.ts'

/** A stream that ends early is the trace of a failed export: where XAPI has the real reason, that is thrown. */
const realReason = async (error: unknown, { outcome }: Download): Promise<unknown> => {
  if (!(error instanceof StreamBrokenError) || error.code !== 'STREAM_TRUNCATED') return error
  return outcome().then(
    () => error,
    verdict => (verdict instanceof XapiError ? verdict : error),
  )
}

/** The whole disk through `GET /export_raw_vdi?format=vhd`; blocks that were never written are known to be zero. */
export const vhdSource = (xapi: Xapi, disk: SnapshotDisk, chunkSize: number): DiskSource => {
  let bytesRead = 0
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
      await download.outcome()
    } catch (error) {
      signal.throwIfAborted()
      throw await realReason(error, download)
    } finally {
      await download.close()
    }
  }

  return {
    rung: 'vhd',
    get bytesRead() {
      return bytesRead
    },
    open,
  }
}
