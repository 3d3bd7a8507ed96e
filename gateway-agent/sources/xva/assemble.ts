import { copyInto } from '#repository/index.ts'
import type { ChunkMemory, DiskExtent, DiskRange } from '../api.ts'
import { chunksIn } from '../ranges.ts'

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
  const chunks = chunksIn(wanted, chunkSize)
  let chunk = chunks.next().value as DiskRange | undefined
  let buffer: Uint8Array | undefined
  let zeros: DiskRange | undefined

  const zerosSoFar = function* (): Generator<DiskExtent> {
    if (zeros) yield { ...zeros, zero: true }
    zeros = undefined
  }

  /** Passes on the chunk as it is and turns to the next. */
  const close = function* ({ offset, length }: DiskRange): Generator<DiskExtent> {
    if (buffer) {
      const bytes = buffer.subarray(0, length)
      buffer = undefined
      yield* zerosSoFar()
      yield { offset, bytes }
    } else if (zeros && zeros.offset + zeros.length === offset) zeros.length += length
    else {
      yield* zerosSoFar()
      zeros = { offset, length }
    }
    chunk = chunks.next().value as DiskRange | undefined
  }

  return {
    async *push(offset, bytes) {
      const end = offset + bytes.length
      while (chunk && chunk.offset < end) {
        const chunkEnd = chunk.offset + chunk.length
        if (chunkEnd <= offset) {
          yield* close(chunk)
          continue
        }
        if (!buffer) {
          buffer = await memory.buffer()
          if (offset > chunk.offset || end < chunkEnd) buffer.fill(0)
        }
        const from = Math.max(offset, chunk.offset)
        copyInto(
          buffer,
          from - chunk.offset,
          bytes.subarray(from - offset, Math.min(end, chunkEnd) - offset),
        )
        if (end < chunkEnd) return
        yield* close(chunk)
      }
    },
    async *finish() {
      while (chunk) yield* close(chunk)
      yield* zerosSoFar()
    },
    drop: () => {
      if (buffer) memory.giveBack(buffer)
      buffer = undefined
    },
  }
}
