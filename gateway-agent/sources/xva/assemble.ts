import { copyInto } from '#repository/index.ts'
import type { ChunkMemory, DiskExtent, DiskRange } from '../api.ts'

/** Makes chunks of pieces of other lengths. */
export interface Assembler {
  /** @param bytes of the disk from `offset` on, behind all that came before; copied */
  push(offset: number, bytes: Uint8Array): AsyncGenerator<DiskExtent>
  /** No more comes: what is left of the wanted ranges is zero. */
  finish(): AsyncGenerator<DiskExtent>
  /** Gives back the memory of a chunk that was begun. */
  drop(): void
}

/** @param wanted ascending, in whole chunks; whatever lies there and is not pushed is zero */
export const assembler = (
  wanted: readonly DiskRange[],
  chunkSize: number,
  memory: ChunkMemory,
): Assembler => {
  const ranges = wanted.map(range => ({ ...range })).reverse()
  /** Of the chunk that is at the start of what is left, where some of it has come. */
  let buffer: Uint8Array | undefined
  const zeros: DiskRange[] = []

  /** Takes off what is left, from its start. */
  const take = (length: number): void => {
    const range = ranges.at(-1)
    if (!range) return
    range.offset += length
    range.length -= length
    if (range.length === 0) ranges.pop()
  }

  /** What is left before `end`, a chunk's start, has not come: a stretch at a time, for empty disks are long. */
  const passZeros = (end: number): void => {
    for (let range = ranges.at(-1); range && range.offset < end; range = ranges.at(-1)) {
      const { offset } = range
      const length = Math.min(range.length, end - offset)
      const last = zeros.at(-1)
      if (last && last.offset + last.length === offset) last.length += length
      else zeros.push({ offset, length })
      take(length)
    }
  }

  const chunk = (): DiskRange | undefined => {
    const range = ranges.at(-1)
    return range && { offset: range.offset, length: Math.min(chunkSize, range.length) }
  }

  const flushZeros = function* (): Generator<DiskExtent> {
    for (const range of zeros.splice(0)) yield { ...range, zero: true }
  }

  const close = function* ({ offset, length }: DiskRange, full: Uint8Array): Generator<DiskExtent> {
    buffer = undefined
    take(length)
    yield* flushZeros()
    yield { offset, bytes: full.subarray(0, length) }
  }

  return {
    async *push(offset, bytes) {
      const end = offset + bytes.length
      for (;;) {
        if (!buffer) passZeros(Math.floor(offset / chunkSize) * chunkSize)
        const current = chunk()
        if (!current || current.offset >= end) return
        const currentEnd = current.offset + current.length
        if (currentEnd > offset) {
          const from = Math.max(offset, current.offset)
          const part = bytes.subarray(from - offset, Math.min(end, currentEnd) - offset)
          if (!buffer) {
            buffer = await memory.buffer()
            if (part.length < current.length) buffer.fill(0)
          }
          copyInto(buffer, from - current.offset, part)
          if (end < currentEnd) return
        }
        // It cannot be without: what lies before the piece and has not begun was passed above.
        yield* close(current, buffer as Uint8Array)
      }
    },
    async *finish() {
      const current = chunk()
      if (current && buffer) yield* close(current, buffer)
      passZeros(Number.POSITIVE_INFINITY)
      yield* flushZeros()
    },
    drop: () => {
      if (buffer) memory.giveBack(buffer)
      buffer = undefined
    },
  }
}
