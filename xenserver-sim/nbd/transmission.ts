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

/** A read-only disk for the time of one connection. */
export interface OpenExport {
  /** Bytes. */
  size: number
  /** Into `into`, which must have room. */
  read(offset: number, length: number, into: Buffer): Promise<Buffer>
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
  const buffers = [Buffer.allocUnsafe(READ_PIECE), Buffer.allocUnsafe(READ_PIECE)]
  for (;;) {
    const request = await readRequest(stream)
    if (!request || request.type === COMMAND.disconnect) return
    const errno = refusal(request, disk.size)
    if (errno !== 0) return send(stream, replyHeader(request, errno))
    await sendData(stream, readAhead(piecesOf(disk, request, buffers)), request, paced)
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
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32BE(SIMPLE_REPLY_MAGIC, 0)
  bytes.writeUInt32BE(errno, 4)
  handle.copy(bytes, 8)
  return bytes
}

/** In two buffers that take turns: while the one is sent the other is filled. */
async function* piecesOf(
  disk: OpenExport,
  { offset, length }: Request,
  buffers: readonly Buffer[],
): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < length; at += READ_PIECE, turn++) {
    const into = buffers[turn % buffers.length] as Buffer
    const piece = await disk.read(offset + at, Math.min(READ_PIECE, length - at), into)
    // A whole piece is larger than what a socket takes without waiting, so it has left when it is sent; a short one may not have.
    yield piece.length === READ_PIECE ? piece : Buffer.from(piece)
  }
}

/** The header promises success before the data is read, so a failing read can only end the connection. */
async function sendData(
  stream: Duplex,
  pieces: AsyncIterable<Buffer>,
  request: Request,
  paced: SendPaced,
): Promise<void> {
  let header: Buffer | undefined = replyHeader(request, 0)
  const sendPiece = async (head: Buffer | undefined, piece: Buffer): Promise<void> => {
    stream.cork()
    if (head) stream.write(head)
    const sent = send(stream, piece)
    stream.uncork()
    await sent
  }
  try {
    for await (const piece of pieces) {
      const head = header
      header = undefined
      await paced(piece.length, () => sendPiece(head, piece))
    }
  } finally {
    if (header) stream.write(header)
  }
}
