import type { Engine } from '../engine.ts'
import { copyInto } from '../format/bytes.ts'
import { RECORD_OVERHEAD } from '../format/record.ts'
import type { Permit } from './byte-budget.ts'

/** Memory for a chunk, which becomes its record in the same place, and its share of the budget. */
export interface ChunkBuffer {
  /** chunk and `RECORD_OVERHEAD` bytes */
  memory: Uint8Array
  /** The share is somebody else's from now on; `release` leaves it alone. */
  handOver(): Permit
  /** Gives back memory and share, once. */
  release(): void
}

/** Buffers for chunks of one size: some lent to a source, which fills them. */
export class ChunkBuffers {
  readonly #engine: Pick<Engine, 'budget' | 'buffers'>
  readonly #chunkSize: number
  /** by the memory below, and the place in it */
  readonly #lent = new Map<ArrayBufferLike, Map<number, ChunkBuffer>>()

  constructor(engine: Pick<Engine, 'budget' | 'buffers'>, chunkSize: number) {
    this.#engine = engine
    this.#chunkSize = chunkSize
  }

  /** @returns the part for the chunk, with whatever was in it */
  async lend(): Promise<Uint8Array> {
    const buffer = await this.take()
    const { memory } = buffer
    const neighbours = this.#lent.get(memory.buffer) ?? new Map<number, ChunkBuffer>()
    this.#lent.set(memory.buffer, neighbours.set(memory.byteOffset, buffer))
    return memory.subarray(0, this.#chunkSize)
  }

  /** @returns the buffer that `bytes` were lent from; `undefined` when they are the caller's own */
  reclaim(bytes: Uint8Array): ChunkBuffer | undefined {
    const neighbours = this.#lent.get(bytes.buffer)
    const buffer = neighbours?.get(bytes.byteOffset)
    neighbours?.delete(bytes.byteOffset)
    return buffer
  }

  /** @returns a buffer with a copy of `bytes` */
  async filled(bytes: Uint8Array): Promise<ChunkBuffer> {
    const buffer = await this.take()
    copyInto(buffer.memory, 0, bytes)
    return buffer
  }

  /** Gives up what is lent. Its memory is left to the garbage collector: a source may still be writing to it. */
  forget(): void {
    for (const buffer of [...this.#lent.values()].flatMap(neighbours => [...neighbours.values()])) {
      this.#engine.buffers.lose(buffer.memory)
      buffer.handOver().release()
    }
    this.#lent.clear()
  }

  /**
   * @param length bytes that are going to be used, where that is less than a whole chunk
   * @returns a buffer with whatever was in it
   */
  async take(length = this.#chunkSize): Promise<ChunkBuffer> {
    const { budget, buffers } = this.#engine
    const permit = await budget.take(length)
    const memory = buffers.take(this.#chunkSize + RECORD_OVERHEAD)
    let ours: Permit | undefined = permit
    return {
      memory,
      handOver: () => {
        ours = undefined
        return permit
      },
      release: () => {
        buffers.give(memory)
        ours?.release()
      },
    }
  }
}
