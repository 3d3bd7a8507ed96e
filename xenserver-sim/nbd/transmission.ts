import type { Duplex } from 'node:stream'
import { readAhead } from '../read-ahead.ts'
import {
  COMMAND,
  ERRNO,
  EXPORT_NAME_PADDING,
  READ_PIECE,
  REQUEST_MAGIC,
  SIMPLE_REPLY_MAGIC,
  TRANSMISSION_FLAGS,
} from './protocol.ts'
import { readExactly } from './read-exactly.ts'
import { send } from './send.ts'

const SECTOR = 512
const REPLY_SIZE = 16

/** A read-only disk for the time of one connection. */
export interface OpenExport {
  /** Bytes. */
  size: number
  /** Fills `into`. */
  read(offset: number, into: Buffer): Promise<void>
  close(): void | Promise<void>
}

/** Sends so many bytes by `write`, when the network allows. */
export type SendPaced = (bytes: number, write: () => Promise<void>) => Promise<void>

export const atOnce: SendPaced = (_, write) => write()

interface Request {
  type: number
  handle: Buffer
  offset: number
  length: number
}

/** Answers EXPORT_NAME: size, flags, 124 zeros. */
export function sendExport(stream: Duplex, size: number): Promise<void> {
  const bytes = Buffer.alloc(10 + EXPORT_NAME_PADDING)
  bytes.writeBigUInt64BE(BigInt(size), 0)
  bytes.writeUInt16BE(TRANSMISSION_FLAGS, 8)
  return send(stream, bytes)
}

/** Serves one request after the other and returns when the connection has to end: DISC, any error, or the client left. */
export async function serveReads(
  stream: Duplex,
  disk: OpenExport,
  paced: SendPaced,
): Promise<void> {
  const spare: Buffer[] = []
  for (;;) {
    const request = await readRequest(stream)
    if (!request || request.type === COMMAND.disconnect) return
    const errno = refusal(request, disk.size)
    if (errno !== 0) return send(stream, replyHeader(request, errno))
    await sendData(stream, readAhead(piecesOf(disk, request, spare)), request, paced)
  }
}

async function readRequest(stream: Duplex): Promise<Request | undefined> {
  const bytes = await readExactly(stream, 28)
  if (bytes?.readUInt32BE(0) !== REQUEST_MAGIC) return undefined
  return {
    type: bytes.readUInt16BE(6),
    handle: bytes.subarray(8, 16),
    offset: Number(bytes.readBigUInt64BE(16)),
    length: bytes.readUInt32BE(24),
  }
}

function refusal({ type, offset, length }: Request, size: number): number {
  if (type === COMMAND.write) return ERRNO.permission
  if (type !== COMMAND.read) return ERRNO.invalid
  const aligned = offset % SECTOR === 0 && length % SECTOR === 0
  return aligned && offset + length <= size ? 0 : ERRNO.invalid
}

function replyHeader({ handle }: Request, errno: number): Buffer {
  const bytes = Buffer.alloc(REPLY_SIZE)
  bytes.writeUInt32BE(SIMPLE_REPLY_MAGIC, 0)
  bytes.writeUInt32BE(errno, 4)
  handle.copy(bytes, 8)
  return bytes
}

interface Piece {
  /** the data, the header before it where it is the first */
  bytes: Buffer
  /** To be called when the bytes have left. */
  giveBack(): void
}

/** In buffers that are used again once they have left, which on a slow line is long after they were sent. */
async function* piecesOf(
  disk: OpenExport,
  request: Request,
  spare: Buffer[],
): AsyncGenerator<Piece> {
  const { offset, length } = request
  for (let at = 0; at < length; at += READ_PIECE) {
    const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(REPLY_SIZE + READ_PIECE)
    // In one piece with the data: TLS joins by copying what is written together.
    const start = at === 0 ? replyHeader(request, 0).copy(buffer) : 0
    const bytes = buffer.subarray(0, start + Math.min(READ_PIECE, length - at))
    await disk.read(offset + at, bytes.subarray(start))
    yield { bytes, giveBack: () => spare.push(buffer) }
  }
}

/** The header promises success before the data is read, so a failing read can only end the connection. */
async function sendData(
  stream: Duplex,
  pieces: AsyncIterable<Piece>,
  request: Request,
  paced: SendPaced,
): Promise<void> {
  let promised = false
  try {
    for await (const { bytes, giveBack } of pieces) {
      promised = true
      await paced(bytes.length, () => send(stream, bytes, giveBack))
    }
  } finally {
    if (!promised) stream.write(replyHeader(request, 0))
  }
}
