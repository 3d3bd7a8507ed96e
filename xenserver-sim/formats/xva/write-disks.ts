import { type ChecksumKind, checksumOf, checksumSuffix } from './chunk-checksum.ts'
import { encodeTarHeader, padding } from './tar-header.ts'

export const CHUNK = 1024 * 1024

export interface SourceDisk {
  /** `Ref:12`, or `vdi` for a single disk. */
  directory: string
  size: number
  read(offset: number, length: number): Promise<Buffer>
  /** Tells without reading that a stretch is all zero. */
  isHole?(offset: number, length: number): boolean
}

export interface WriteOptions {
  checksums: ChecksumKind
  /**
   * True when the stream has been silent for so long (5 s in XAPI) that a chunk without data has to keep the connection
   * alive. Such a chunk takes a number, so that all later ones shift.
   */
  silent?: () => boolean
}

const zeroChunk = Buffer.alloc(CHUNK)

/** Disks in the text order of their directories, in chunks of 1 MiB; zero chunks but the first and the last are left out. */
export async function* writeDisks(
  disks: SourceDisk[],
  options: WriteOptions,
): AsyncGenerator<Buffer> {
  const byName = [...disks].sort((a, b) => (a.directory < b.directory ? -1 : 1))
  for (const disk of byName) yield* writeDisk(disk, options)
}

async function* writeDisk(
  disk: SourceDisk,
  { checksums, silent = () => false }: WriteOptions,
): AsyncGenerator<Buffer> {
  const chunks = Math.max(1, Math.ceil(disk.size / CHUNK))
  let keepAlives = 0
  for (let index = 0; index < chunks; index++) {
    const mustBeSent = index === 0 || index === chunks - 1
    if (!mustBeSent && silent()) {
      yield* entry(disk.directory, index + keepAlives, Buffer.alloc(0), checksums)
      keepAlives++
    }
    const offset = index * CHUNK
    const length = Math.min(CHUNK, disk.size - offset)
    if (!mustBeSent && disk.isHole?.(offset, length)) continue
    const data = await disk.read(offset, length)
    if (!mustBeSent && data.equals(zeroChunk)) continue
    yield* entry(disk.directory, index + keepAlives, data, checksums)
  }
}

/** One chunk and its checksum; header and padding are joined to spare the socket small writes. */
function* entry(directory: string, number: number, data: Buffer, kind: ChecksumKind) {
  const name = `${directory}/${String(number).padStart(8, '0')}`
  const sum = Buffer.from(checksumOf(kind, data))
  const sumName = `${name}${checksumSuffix(kind)}`
  yield encodeTarHeader({ name, size: data.length })
  if (data.length > 0) yield data
  const sumHeader = encodeTarHeader({ name: sumName, size: sum.length })
  yield Buffer.concat([padding(data.length), sumHeader, sum, padding(sum.length)])
}
