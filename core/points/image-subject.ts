import { z } from 'zod'
import { Bytes, Instant } from '../contracts/ids.ts'

/** What stands in the commit record of a point that was made from a raw disk image, not from a VM of a pool. */
export const ImageSubject = z.object({
  format: z.literal('image'),
  version: z.literal(1),
  /** As it was given; the point's `vmUuid` is made from it. */
  name: z.string().min(1).max(255),
  /** When reading began. */
  taken: Instant,
  /** Only the chunks that a bitmap of changes touches were read. */
  incremental: z.boolean(),
  bytesRead: Bytes,
})
export type ImageSubject = z.infer<typeof ImageSubject>
