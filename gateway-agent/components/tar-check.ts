import { StreamBrokenError } from '#core/errors/xenserver.ts'
import type { StreamCheck } from './check.ts'

const BLOCK = 512 // bytes; the unit of tar
const CHECKSUM = { offset: 148, length: 8 }
const TYPE = 156
const REGULAR = new Set([0, 0x30, 0x37]) // NUL (version 7), "0", "7"

/** @returns what looks at the content of an entry that it is interested in */
export type EntryCheck = (name: string, index: number) => StreamCheck | undefined

/**
 * A tar archive to its end: every header has its checksum, every entry all its bytes, two blocks of zeros close it, and nothing
 * but zeros follows. Reads version 7, ustar and GNU headers, sizes in octal or base 256.
 * @param what the stream, for messages
 */
export const tarCheck = (
  what: string,
  entryCheck: EntryCheck = () => undefined,
): StreamCheck & { files(): number } => {
  const header = Buffer.alloc(BLOCK)
  let filled = 0 // bytes of the header
  let content = 0 // bytes of the entry that are still to come
  let padding = 0 // bytes behind them
  let zeros = 0 // blocks of zeros so far
  let entries = 0
  let files = 0
  let inside: StreamCheck | undefined
  const refuse = (why: string): never => {
    throw new StreamBrokenError('STREAM_INVALID', what, why)
  }

  const entryEnded = (): void => {
    inside?.end()
    inside = undefined
  }

  const take = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      const wanted = content || padding || BLOCK - filled
      const part = bytes.subarray(at, at + wanted)
      at += part.length
      if (content > 0) {
        inside?.take(part)
        content -= part.length
        if (content === 0) entryEnded()
      } else if (padding > 0) padding -= part.length
      else {
        header.set(part, filled)
        filled += part.length
        if (filled === BLOCK) readHeader()
      }
    }
  }

  const readHeader = (): void => {
    filled = 0
    if (header.every(byte => byte === 0)) {
      zeros++
      return
    }
    if (zeros > 0) refuse(`data follows the end of the archive, after ${entries} entries`)
    if (checksumOf(header) !== octal(header, CHECKSUM.offset, CHECKSUM.length))
      refuse(`the header of entry ${entries + 1} has a wrong checksum`)
    const size = sizeOf(header)
    if (!Number.isSafeInteger(size) || size < 0) refuse(`entry ${entries + 1} has no size`)
    inside = entryCheck(nameOf(header), entries)
    entries++
    if (REGULAR.has(header[TYPE] as number)) files++
    content = size
    padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (size === 0) entryEnded()
  }

  return {
    take,
    end: () => {
      if (zeros < 2 || filled > 0)
        throw new StreamBrokenError(
          'STREAM_TRUNCATED',
          what,
          `the archive ends in the middle, after ${entries} entries`,
        )
      if (entries === 0) refuse('the archive is empty')
    },
    files: () => files,
  }
}

const nameOf = (header: Buffer): string => header.toString('utf8', 0, 100).split('\0')[0] as string

/** The sum of all bytes, those of the checksum itself counted as spaces. */
const checksumOf = (header: Buffer): number => {
  let sum = CHECKSUM.length * 0x20
  for (let i = 0; i < BLOCK; i++)
    if (i < CHECKSUM.offset || i >= CHECKSUM.offset + CHECKSUM.length) sum += header[i] as number
  return sum
}

const octal = (header: Buffer, offset: number, length: number): number =>
  Number.parseInt(
    header
      .toString('latin1', offset, offset + length)
      .replaceAll('\0', ' ')
      .trim(),
    8,
  )

/** GNU tar writes sizes of 8 GiB and more in base 256, marked by the first bit. */
const sizeOf = (header: Buffer): number => {
  if (((header[124] as number) & 0x80) === 0) return octal(header, 124, 12)
  return Number(header.readBigUInt64BE(128))
}
