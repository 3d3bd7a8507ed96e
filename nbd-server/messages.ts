import {
  COMMAND,
  CONTEXT,
  CONTEXT_ID,
  DONE,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  REQUEST_MAGIC,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from './protocol.ts'

export interface OptionHead {
  number: number
  /** bytes that follow */
  length: number
}

export interface Request {
  flags: number
  type: number
  /** 8 bytes of the client's own */
  cookie: Buffer
  /** bytes; may lie beyond what a number holds exactly, which no disk reaches */
  offset: number
  /** bytes */
  length: number
}

/** @returns `undefined` where it is none */
export const parseOptionHead = (bytes: Buffer): OptionHead | undefined =>
  bytes.subarray(0, 8).equals(OPTION_MAGIC)
    ? { number: bytes.readUInt32BE(8), length: bytes.readUInt32BE(12) }
    : undefined

/** @returns `undefined` where it is none */
export const parseRequest = (bytes: Buffer): Request | undefined =>
  bytes.readUInt32BE(0) === REQUEST_MAGIC
    ? {
        flags: bytes.readUInt16BE(4),
        type: bytes.readUInt16BE(6),
        cookie: bytes.subarray(8, 16),
        offset: Number(bytes.readBigUInt64BE(16)),
        length: bytes.readUInt32BE(24),
      }
    : undefined

/** Bytes that follow a request of this type. */
export const payloadOf = ({ type, length }: Request): number =>
  type === COMMAND.write ? length : 0

/** Of GO and INFO. @returns `undefined` where the lengths within do not add up */
export const parseInfoRequest = (data: Buffer): { name: string; wanted: number[] } | undefined => {
  const text = stringAt(data, 0)
  if (!text || data.length < text.end + 2) return undefined
  const count = data.readUInt16BE(text.end)
  if (data.length !== text.end + 2 + 2 * count) return undefined
  const wanted = Array.from({ length: count }, (_, i) => data.readUInt16BE(text.end + 2 + 2 * i))
  return { name: text.value, wanted }
}

/** Of SET_META_CONTEXT and LIST_META_CONTEXT. @returns `undefined` where the lengths within do not add up */
export const parseContextRequest = (
  data: Buffer,
): { name: string; queries: string[] } | undefined => {
  const text = stringAt(data, 0)
  if (!text || data.length < text.end + 4) return undefined
  const count = data.readUInt32BE(text.end)
  const queries: string[] = []
  let at = text.end + 4
  // Each takes 4 bytes at least: the data is used up long before a large count.
  for (let i = 0; i < count; i++) {
    const query = stringAt(data, at)
    if (!query) return undefined
    queries.push(query.value)
    at = query.end
  }
  return at === data.length ? { name: text.value, queries } : undefined
}

/** A string with its length (u32) before it. */
const stringAt = (data: Buffer, at: number): { value: string; end: number } | undefined => {
  if (data.length < at + 4) return undefined
  const end = at + 4 + data.readUInt32BE(at)
  return end <= data.length ? { value: data.toString('utf8', at + 4, end), end } : undefined
}

export const optionReply = (option: number, type: number, data: Uint8Array = NOTHING): Buffer => {
  const head = Buffer.alloc(20)
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0)
  head.writeUInt32BE(option, 8)
  head.writeUInt32BE(type, 12)
  head.writeUInt32BE(data.length, 16)
  return Buffer.concat([head, data])
}

const NOTHING = new Uint8Array()

/** Of LIST: a name, and what a person may read of it. */
export const serverEntry = (name: string, description: string): Buffer => {
  const bytes = string(name)
  return Buffer.concat([u32(bytes.length), bytes, string(description)])
}

/** @returns as much of it as a string of the protocol may hold, in whole characters */
export const string = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  let end = Math.min(bytes.length, LONGEST_STRING)
  // A byte of the form 10xxxxxx goes on with the character before it.
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

const LONGEST_STRING = 4_096 // bytes ("Values", doc/proto.md)

/** Of GO and INFO. */
export const info = (type: number, data: Uint8Array): Buffer => Buffer.concat([u16(type), data])

export const exportInfo = (size: number, flags: number): Buffer =>
  Buffer.concat([u64(size), u16(flags)])

export const contextEntry = (): Buffer => Buffer.concat([u32(CONTEXT_ID), Buffer.from(CONTEXT)])

export const simpleReply = (cookie: Buffer, errno: number): Buffer => {
  const head = Buffer.alloc(16)
  head.writeUInt32BE(SIMPLE_REPLY_MAGIC, 0)
  head.writeUInt32BE(errno, 4)
  cookie.copy(head, 8)
  return head
}

/** @param length bytes that follow */
export const chunkHead = (
  cookie: Buffer,
  { type, last, length }: { type: number; last: boolean; length: number },
): Buffer => {
  const head = Buffer.alloc(20)
  head.writeUInt32BE(STRUCTURED_REPLY_MAGIC, 0)
  head.writeUInt16BE(last ? DONE : 0, 4)
  head.writeUInt16BE(type, 6)
  cookie.copy(head, 8)
  head.writeUInt32BE(length, 16)
  return head
}

export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
