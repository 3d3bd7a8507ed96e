import { z } from 'zod'
import { Bytes, Instant } from '../contracts/ids.ts'

/** What stands in the commit record of a point that holds one tree of files, saved by its owner's own hand: no guest, no recipe. */
export const TreeSubject = z.object({
  format: z.literal('file-tree'),
  version: z.literal(1),
  /** As it was given; the point's `vmUuid` is made from it. */
  name: z.string().min(1).max(255),
  /** Name of the tree in the point: its streams are `NAME/content` and `NAME/entries`. */
  tree: z.string().min(1).max(500),
  /** Where it was read, and on which machine. */
  root: z.string().max(4096),
  host: z.string().max(255),
  /** When reading began. */
  taken: Instant,
  files: z.int().nonnegative(),
  folders: z.int().nonnegative(),
  /** What all files together hold, holes left out. */
  bytes: Bytes,
  bytesRead: Bytes,
  /** What an administrator should know, in sentences. */
  notes: z.array(z.string().max(500)).max(50),
})
export type TreeSubject = z.infer<typeof TreeSubject>
