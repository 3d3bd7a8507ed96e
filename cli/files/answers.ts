import type { Readable } from 'node:stream'

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

/** NUL-ended words, as they come. */
const words = async function* (data: Readable): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of data) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let start = 0
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0, start)) {
      yield rest.toString('utf8', start, end)
      start = end + 1
    }
    rest = rest.subarray(start)
  }
}

export const readVolumes = async (data: Readable): Promise<Volume[]> => {
  const volumes: Volume[] = []
  let fields: string[] = []
  for await (const word of words(data)) {
    fields.push(word)
    if (fields.length < 5) continue
    const [name = '', size = '', fileSystem = '', label = '', uuid = ''] = fields
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
  for await (const word of words(data)) {
    if (fields.length === 0 && word === 'end') return true
    fields.push(word)
    if (fields.length < 8) continue
    const [type = '', size, modified, mode = '', uid, gid, path = '', target = ''] = fields
    found({
      path: path.slice(ROOT.length).replace(/^\/*/, '/'),
      type: TYPES[type] ?? 'other',
      size: Number(size),
      modified: timeOf(Number(modified) * 1000).toISOString(),
      mode: mode.padStart(4, '0'),
      uid: Number(uid),
      gid: Number(gid),
      ...(type === 'l' && { target }),
    })
    fields = []
  }
  return false
}
