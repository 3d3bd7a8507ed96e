import type { TokenBucket } from '#adapters/wrap/token-bucket.ts'
import type { DiskReading } from '../sources/api.ts'
import type { Pool } from './pool.ts'

/** Holds back what is read of disks. Each chunk is paid for when it is there, and what is read ahead is bounded, so the rate holds on the line, too. */
export const pacedPool = (pool: Pool, bucket: TokenBucket): Pool => ({
  ...pool,
  readDisk: async options => paced(await pool.readDisk(options), bucket, options.signal),
})

/** The reading itself in everything but its extents: what it tells changes while it reads. */
const paced = (reading: DiskReading, bucket: TokenBucket, signal: AbortSignal): DiskReading => {
  async function* extents(...given: Parameters<DiskReading['extents']>) {
    for await (const extent of reading.extents(...given)) {
      if (!extent.zero) await bucket.take(extent.bytes.length, signal)
      yield extent
    }
  }
  return Object.create(reading, { extents: { value: extents } })
}
