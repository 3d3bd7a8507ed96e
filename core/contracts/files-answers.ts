import { z } from 'zod'
import { Bytes, Instant } from './ids.ts'

/*
 * What a gateway answers about files of a guest, once it is unsealed. The first part of an answer is an `AnswerHeader`, the last an `AnswerTrailer`, both
 * JSON in UTF-8; the parts between, put together, are what was asked for: `GuestVolumes`, a `GuestListing`, or the bytes of a file or tar.
 * All names and texts are the guest's: anybody may have written them.
 */

/** Entries of one folder that are listed; of a larger one, the first by name. */
export const MOST_LISTED = 10_000

/** Bytes of a download by the console: what a browser can hold. */
export const MOST_DOWNLOADED = 4 * 1024 ** 3 // bytes

export const AnswerHeader = z.strictObject({
  what: z.enum(['volumes', 'list', 'download']),
  /** As it was asked for: whoever reads compares. */
  volume: z.string().optional(),
  path: z.string().optional(),
  /** `json` for volumes and lists; a download is the content of a `file`, or a `tar` (POSIX pax) of a folder or whatever else is no file. */
  type: z.enum(['json', 'file', 'tar']),
  /** Name of what is downloaded, without its folder; of a whole volume, the volume's. The guest's, as it is: not yet safe for a file here. */
  name: z.string(),
  /** Of a file: its bytes. */
  size: Bytes.optional(),
  /** Of a tar: bytes of the files in it; it is larger itself. */
  content: Bytes.optional(),
  /** Of a file: when it was changed last. */
  modified: Instant.optional(),
})
export type AnswerHeader = z.infer<typeof AnswerHeader>

export const AnswerTrailer = z.strictObject({
  /** Of all parts between header and trailer. */
  bytes: Bytes,
  /** What somebody should know: sentences; with trouble something is missing or wrong. */
  notes: z.array(z.strictObject({ trouble: z.boolean(), message: z.string() })),
  /** Files that could not be read to their end. In a tar they are there, with zeros where they are unread: they must not be used. */
  unread: z.array(z.string()),
})
export type AnswerTrailer = z.infer<typeof AnswerTrailer>

export const GuestVolume = z.strictObject({
  /** `0p1`: disk 0, partition 1; `0`: the whole disk; `group/volume` of LVM */
  name: z.string(),
  size: Bytes,
  /** As blkid calls it; empty where it knows none. */
  fileSystem: z.string(),
  label: z.string(),
  uuid: z.string(),
})
export type GuestVolume = z.infer<typeof GuestVolume>
export const GuestVolumes = z.strictObject({ volumes: z.array(GuestVolume) })
export type GuestVolumes = z.infer<typeof GuestVolumes>

export const GuestEntry = z.strictObject({
  name: z.string(),
  type: z.enum([
    'file',
    'directory',
    'link',
    'block device',
    'character device',
    'pipe',
    'socket',
    'other',
  ]),
  size: Bytes,
  /** ISO 8601, UTC */
  modified: z.string(),
  /** octal, as `0644` */
  mode: z.string(),
  uid: z.int(),
  gid: z.int(),
  /** Of a link: where it leads, cut at 1,000 characters. */
  target: z.string().optional(),
})
export type GuestEntry = z.infer<typeof GuestEntry>

export const GuestListing = z.strictObject({
  /** By name, in the order of UTF-16; at most `MOST_LISTED`. */
  entries: z.array(GuestEntry),
  /** How many there are in the folder. */
  total: z.int().nonnegative(),
})
export type GuestListing = z.infer<typeof GuestListing>
