import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { StreamBrokenError } from '#core/errors/xenserver.ts'

export type Compression = 'zstd' | 'gzip' | 'none'

const OUTPUT = 1024 * 1024
const MAGIC: [Compression, Buffer][] = [
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['gzip', Buffer.from([0x1f, 0x8b])],
]

/**
 * Undoes the compression of an export. It is told by the first bytes, not by what was asked for: servers that do not know zstd send the
 * archive as it is, without a word (reference 4.2).
 * @param onKind called once, with what was found
 * @throws `STREAM_TRUNCATED` where the compressed data break off, as an error page in the stream makes them, and whatever `body` throws
 */
export async function* decompressed(
  body: AsyncIterable<Uint8Array>,
  what: string,
  onKind: (kind: Compression) => void,
): AsyncGenerator<Uint8Array> {
  const pieces = body[Symbol.asyncIterator]()
  try {
    const head = await firstBytes(pieces, 4)
    const kind =
      MAGIC.find(([, magic]) => magic.equals(head.subarray(0, magic.length)))?.[0] ?? 'none'
    onKind(kind)
    const whole = from(head, pieces)
    if (kind === 'none') yield* whole
    else yield* unpacked(whole, kind, what)
  } finally {
    await pieces.return?.()
  }
}

const firstBytes = async (pieces: AsyncIterator<Uint8Array>, count: number): Promise<Buffer> => {
  let head = Buffer.alloc(0)
  while (head.length < count) {
    const { done, value } = await pieces.next()
    if (done) break
    head = Buffer.concat([head, value])
  }
  return head
}

async function* from(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  kind: Exclude<Compression, 'none'>,
  what: string,
): AsyncGenerator<Uint8Array> {
  const options = { chunkSize: OUTPUT }
  const decompressor = kind === 'zstd' ? createZstdDecompress(options) : createGunzip(options)
  // Failures of either side arrive where the pieces are taken.
  pipeline(Readable.from(packed, { objectMode: false }), decompressor, () => undefined)
  try {
    for await (const piece of decompressor as AsyncIterable<Buffer>) yield piece
  } catch (error) {
    throw explained(error, kind, what)
  } finally {
    decompressor.destroy()
  }
}

const explained = (error: unknown, kind: Compression, what: string): unknown => {
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code !== 'string' || !/^(Z_|ZSTD_)/.test(code)) return error
  const why = `its ${kind} data break off (${message})`
  return new StreamBrokenError('STREAM_TRUNCATED', what, why, error)
}
