import type { NbdExport } from './exports.ts'
import type { Limits } from './limits.ts'
import {
  chunkHead,
  parseRequest,
  payloadOf,
  type Request,
  simpleReply,
  u16,
  u32,
  u64,
} from './messages.ts'
import type { Agreement } from './negotiate.ts'
import { CHUNK, COMMAND, CONTEXT_ID, ERRNO, FLAG, REQUEST_SIZE, STATE } from './protocol.ts'
import { Room } from './room.ts'

interface Serving extends Agreement {
  limits: Limits
  /** bytes of replies in memory */
  room: Room
}

/** Serves requests, several at once, until the client leaves or breaks the protocol. What it started is over when it returns. */
export const transmit = async (agreement: Agreement, limits: Limits): Promise<void> => {
  const { wire } = agreement
  const serving: Serving = { ...agreement, limits, room: new Room(limits.bytes) }
  const turns = new Room(limits.requests)
  const atWork = new Set<Promise<void>>()
  try {
    for (;;) {
      const bytes = await wire.take(REQUEST_SIZE)
      const request = bytes && parseRequest(bytes)
      if (!request || request.type === COMMAND.disconnect) return
      const payload = payloadOf(request)
      if (payload > limits.request || !(await wire.skip(payload))) return
      await turns.take(1)
      // A client that is gone is noticed by the reading above.
      const work: Promise<void> = answer(serving, request)
        .catch(() => undefined)
        .finally(() => {
          turns.give(1)
          atWork.delete(work)
        })
      atWork.add(work)
    }
  } finally {
    await Promise.all(atWork)
  }
}

const answer = async (serving: Serving, request: Request): Promise<void> => {
  const errno = refusal(serving, request)
  if (errno !== 0) return refuse(serving, request, errno)
  if (request.type === COMMAND.blockStatus) return blockStatus(serving, request)
  if (!serving.structured) return simpleRead(serving, request)
  return (request.flags & FLAG.dontFragment) === 0
    ? readInPieces(serving, request)
    : readWhole(serving, request)
}

/** @returns an error number, or 0 */
const refusal = (
  { disk, limits, allocation }: Serving,
  { type, flags, offset, length }: Request,
): number => {
  const writes = [COMMAND.write, COMMAND.trim, COMMAND.writeZeroes] as number[]
  if (writes.includes(type)) return ERRNO.permission
  const isRead = type === COMMAND.read
  if (!isRead && !(type === COMMAND.blockStatus && allocation)) return ERRNO.invalid
  const known = isRead ? FLAG.dontFragment : FLAG.requireOne
  if ((flags & ~known) !== 0) return ERRNO.invalid
  if (length === 0 || offset + length > disk.size) return ERRNO.invalid
  return isRead && length > limits.request ? ERRNO.invalid : 0
}

/** Where structured replies were agreed on, reads and questions for the status must be refused by one. */
const refuse = ({ wire, structured }: Serving, request: Request, errno: number): Promise<void> => {
  const { type, cookie } = request
  const isStructured = structured && (type === COMMAND.read || type === COMMAND.blockStatus)
  if (!isStructured) return wire.send(simpleReply(cookie, errno))
  const body = Buffer.concat([u32(errno), u16(0)])
  return wire.send(chunkHead(cookie, { type: CHUNK.error, last: true, length: body.length }), body)
}

const readRange = async (
  { disk }: Serving,
  offset: number,
  length: number,
): Promise<Uint8Array | undefined> => {
  try {
    return await disk.read(offset, length)
  } catch {
    return undefined
  }
}

const simpleRead = async (serving: Serving, request: Request): Promise<void> => {
  const { room, wire } = serving
  const { cookie, offset, length } = request
  await room.use(length, async () => {
    const bytes = await readRange(serving, offset, length)
    if (bytes) await wire.send(simpleReply(cookie, 0), bytes)
    else await wire.send(simpleReply(cookie, ERRNO.io))
  })
}

/** One piece, as the client asks for. */
const readWhole = async (serving: Serving, request: Request): Promise<void> => {
  const { cookie, offset, length } = request
  await serving.room.use(length, async () => {
    const bytes = await readRange(serving, offset, length)
    if (!bytes) return refuse(serving, request, ERRNO.io)
    const head = { type: CHUNK.offsetData, last: true, length: 8 + length }
    await serving.wire.send(chunkHead(cookie, head), u64(offset), bytes)
  })
}

/** Zeros as holes, data in pieces; what cannot be read fails for itself alone. */
const readInPieces = async (serving: Serving, request: Request): Promise<void> => {
  const { wire, limits, room } = serving
  const { cookie, offset, length } = request
  const chunk = (type: number, ...parts: Uint8Array[]) => {
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    return wire.send(chunkHead(cookie, { type, last: false, length: size }), ...parts)
  }
  for (const extent of await extentsOf(serving.disk, offset, length)) {
    if (extent.zero) {
      await chunk(CHUNK.offsetHole, u64(extent.offset), u32(extent.length))
      continue
    }
    const end = extent.offset + extent.length
    for (let at = extent.offset; at < end; at += limits.piece) {
      const size = Math.min(limits.piece, end - at)
      await room.use(size, async () => {
        const bytes = await readRange(serving, at, size)
        if (bytes) await chunk(CHUNK.offsetData, u64(at), bytes)
        else await chunk(CHUNK.errorOffset, u32(ERRNO.io), u16(0), u64(at))
      })
    }
  }
  await wire.send(chunkHead(cookie, { type: CHUNK.none, last: true, length: 0 }))
}

const blockStatus = async (serving: Serving, request: Request): Promise<void> => {
  const { cookie, offset, length, flags } = request
  const { disk, limits, room, wire } = serving
  const extents = await extentsOf(disk, offset, length)
  // Less than was asked for may be told, if it is something.
  const told = extents.slice(0, (flags & FLAG.requireOne) === 0 ? limits.extents : 1)
  const size = 4 + 8 * told.length
  await room.use(size, () => {
    const states = told.map(extent =>
      Buffer.concat([u32(extent.length), u32(extent.zero ? STATE.hole | STATE.zero : 0)]),
    )
    const head = { type: CHUNK.blockStatus, last: true, length: size }
    return wire.send(chunkHead(cookie, head), Buffer.concat([u32(CONTEXT_ID), ...states]))
  })
}

/** What nobody knows counts as data: whoever reads it hears of the trouble. */
const extentsOf = async (disk: NbdExport, offset: number, length: number) => {
  try {
    return await disk.extents(offset, length)
  } catch {
    return [{ offset, length, zero: false }]
  }
}
