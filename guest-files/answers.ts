import type { Readable } from 'node:stream'
import { GuestReaderFailedError } from './errors.ts'

export interface Volume {
  /** `0p1`: disk 0, partition 1; `0`: the whole disk; `group/volume` of LVM */
  name: string
  /** bytes */
  size: number
  /** as blkid calls it; empty where it knows none */
  fileSystem: string
  label: string
  uuid: string
}

export interface Entry {
  path: string
  type:
    | 'file'
    | 'directory'
    | 'link'
    | 'block device'
    | 'character device'
    | 'pipe'
    | 'socket'
    | 'other'
  /** bytes */
  size: number
  /** ISO 8601 */
  modified: string
  /** octal, as `0644` */
  mode: string
  uid: number
  gid: number
  /** of a link */
  target?: string
}

const ROOT = '/run/guest'
const MOST_VOLUMES = 10_000

/** Bytes of a word: no name or target of a link is longer. What is comes from a kernel that was taken over. */
const LONGEST = 64 * 1024

/**
 * NUL-ended words, as many at once as came at once: a folder may have millions.
 * @throws `GUEST_READER_FAILED` for a word without an end
 */
const words = async function* (data: Readable): AsyncGenerator<string[]> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of data) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const end = rest.lastIndexOf(0)
    if (rest.length - end > LONGEST)
      throw new GuestReaderFailedError('what it says cannot be understood')
    if (end < 0) continue
    yield rest.toString('utf8', 0, end).split('\0')
    rest = rest.subarray(end + 1)
  }
}

export const readVolumes = async (data: Readable): Promise<Volume[]> => {
  const volumes: Volume[] = []
  let fields: string[] = []
  for await (const some of words(data))
    for (const word of some) {
      fields.push(word)
      if (fields.length < 5) continue
      const [name = '', size = '', fileSystem = '', label = '', uuid = ''] = fields
      if (volumes.length === MOST_VOLUMES)
        throw new GuestReaderFailedError('it names too many volumes')
      volumes.push({ name, size: Number(size), fileSystem, label, uuid })
      fields = []
    }
  return volumes
}

const TYPES: Record<string, Entry['type']> = {
  f: 'file',
  d: 'directory',
  l: 'link',
  b: 'block device',
  c: 'character device',
  p: 'pipe',
  s: 'socket',
}

const LATEST = 8.64e15 // ms; ECMAScript knows no later date, btrfs does

const timeOf = (ms: number): Date =>
  new Date(Math.min(LATEST, Math.max(-LATEST, Math.floor(ms) || 0)))

/** @param found gets each entry when it comes. @returns whether the list came to its end */
export const readEntries = async (
  data: Readable,
  found: (entry: Entry) => void,
): Promise<boolean> => {
  let fields: string[] = []
  for await (const some of words(data))
    for (const word of some) {
      if (fields.length === 0 && word === 'end') return true
      fields.push(word)
      if (fields.length < 8) continue
      found(entryOf(fields))
      fields = []
    }
  return false
}

const entryOf = (fields: readonly string[]): Entry => {
  const [type = '', size, modified, mode = '', uid, gid, path = '', target = ''] = fields
  return {
    path: path.slice(ROOT.length).replace(/^\/*/, '/'),
    type: TYPES[type] ?? 'other',
    // A file system that means harm says what it likes.
    size: Math.max(0, Math.min(Number(size) || 0, Number.MAX_SAFE_INTEGER)),
    modified: timeOf(Number(modified) * 1000).toISOString(),
    mode: mode.padStart(4, '0'),
    uid: Number(uid),
    gid: Number(gid),
    ...(type === 'l' && { target }),
  }
}
