import { crc32 as zlibCrc32 } from 'node:zlib'

export const hex = (bytes: Uint8Array): string => Buffer.from(view(bytes)).toString('hex')

export const fromHex = (text: string): Uint8Array => Buffer.from(text, 'hex')

/** The same memory as a Buffer. */
export const view = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/**
 * Copies `source` to `target` from `at` on. Measured on Node 24 for memory that threads share: `set` 0.07 to 0.29 ms per MiB, since V8
 * copies such memory word by word; Buffer.copy of a part of a buffer 0.02, but of a whole one it is `set`. Hence two halves.
 */
export const copyInto = (target: Uint8Array, at: number, source: Uint8Array): void => {
  const from = view(source)
  const half = source.length >> 1
  from.copy(target, at, 0, half)
  from.copy(target, at + half, half)
}

/** CRC-32 (IEEE) over `parts`, one after the other. */
export const crc32 = (...parts: readonly Uint8Array[]): number => {
  let crc = 0
  for (const part of parts) crc = zlibCrc32(part, crc)
  return crc
}

/** @returns the memory below `bytes` where nothing else can be in it, so that it may be moved or freed */
export const ownMemory = (bytes: Uint8Array): ArrayBuffer | undefined => {
  const { buffer, byteOffset } = bytes
  // Node hands out small buffers from a common slab.
  const isShared = !(buffer instanceof ArrayBuffer) || buffer.byteLength <= 2 * Buffer.poolSize
  return isShared || byteOffset !== 0 ? undefined : buffer
}

/** Gives memory back at once. Garbage of 1 MiB a piece is otherwise collected far too late: the collector sees a small object. */
export const free = (bytes: Uint8Array): void => {
  ownMemory(bytes)?.transfer(0)
}

const ZEROS = Buffer.alloc(64 * 1024)

/** Compares with memory known to be zero: 40 GB/s, a loop over bytes does 2. */
export const isZero = (bytes: Uint8Array): boolean => {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const end = Math.min(at + ZEROS.length, bytes.length)
    if (ZEROS.compare(bytes, at, end, 0, end - at) !== 0) return false
  }
  return true
}

/** A complaint about structure; who knows the object's name turns it into `OBJECT_DAMAGED`. */
export class FormatError extends Error {}

/** @throws FormatError unless `holds` */
export function ensure(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new FormatError(problem)
}
