import { ContentError, type DiskContent } from '../disk-content.ts'
import { isZero } from '../zeros.ts'
import { CHECKSUMS, type ChunkChecksum } from './checksum.ts'
import { tarHeader, tarPadding } from './tar-v7.ts'

/** bytes; importers take the length of the first chunk of the archive as the unit of gaps in the numbers */
export const XVA_CHUNK = 1024 * 1024

/** Whole chunks of a disk, ascending; those that hold nothing but zeros may be left out. */
const wholeChunks = async function* (
  { size, read }: DiskContent,
  signal: AbortSignal,
): AsyncGenerator<{ index: number; bytes: Buffer }> {
  let open: { index: number; bytes: Buffer } | undefined
  let end = 0
  for await (const { offset, bytes } of read(signal)) {
    if (offset < end) throw new ContentError('the content is not in ascending order')
    end = offset + bytes.length
    for (let at = 0; at < bytes.length; ) {
      const index = Math.floor((offset + at) / XVA_CHUNK)
      const inside = (offset + at) % XVA_CHUNK
      const length = Math.min(XVA_CHUNK, size - index * XVA_CHUNK)
      const part = bytes.subarray(at, at + length - inside)
      if (open && open.index !== index) {
        yield open
        open = undefined
      }
      if (part.length === length)
        yield { index, bytes: Buffer.from(part.buffer, part.byteOffset, part.byteLength) }
      else {
        open ??= { index, bytes: Buffer.alloc(length) }
        open.bytes.set(part, inside)
      }
      at += part.length
    }
  }
  if (open) yield open
}

/**
 * The entries of one disk: chunks and their checksums. Chunks of zeros are left out, except the first and the last.
 * @param directory `Ref:12`
 */
export const diskEntries = async function* (
  directory: string,
  content: DiskContent,
  { checksum, signal }: { checksum: ChunkChecksum; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const last = Math.max(0, Math.ceil(content.size / XVA_CHUNK) - 1)
  const zeros = (index: number) =>
    Buffer.alloc(Math.min(XVA_CHUNK, content.size - index * XVA_CHUNK))
  let next = 0
  for await (const { index, bytes } of wholeChunks(content, signal)) {
    const needed = index === 0 || index === last
    if (!needed && isZero(bytes)) continue
    if (next === 0 && index > 0) yield* entry(directory, 0, zeros(0), checksum)
    yield* entry(directory, index, bytes, checksum)
    next = index + 1
  }
  if (next === 0) yield* entry(directory, 0, zeros(0), checksum)
  if (next <= last && last > 0) yield* entry(directory, last, zeros(last), checksum)
}

const entry = function* (
  directory: string,
  number: number,
  bytes: Buffer,
  checksum: ChunkChecksum,
): Generator<Uint8Array> {
  const name = `${directory}/${String(number).padStart(8, '0')}`
  const { suffix, of } = CHECKSUMS[checksum]
  const sum = Buffer.from(of(bytes), 'latin1')
  yield tarHeader(name, bytes.length)
  yield bytes
  yield Buffer.concat([
    tarPadding(bytes.length),
    tarHeader(`${name}${suffix}`, sum.length),
    sum,
    tarPadding(sum.length),
  ])
}
