import { copyInto } from '../format/bytes.ts'
import type { BufferPool } from './buffer-pool.ts'

/** Bytes that grow at their end, in blocks from the pool: a pack that stays small takes little. */
export class PackMemory {
  readonly #buffers: BufferPool
  readonly #block: number
  #blocks: Uint8Array[] = []
  #size = 0

  /** @param block bytes */
  constructor(buffers: BufferPool, block: number) {
    this.#buffers = buffers
    this.#block = block
  }

  get size(): number {
    return this.#size
  }

  /** The bytes themselves, block by block. */
  get parts(): Uint8Array[] {
    return this.#blocks.map((block, i) =>
      block.subarray(0, Math.min(this.#block, this.#size - i * this.#block)),
    )
  }

  append(...parts: readonly Uint8Array[]): void {
    for (const part of parts)
      for (let done = 0; done < part.length; ) {
        const at = this.#size % this.#block
        if (at === 0) this.#blocks.push(this.#buffers.take(this.#block))
        const piece = part.subarray(done, done + this.#block - at)
        copyInto(this.#blocks.at(-1) as Uint8Array, at, piece)
        this.#size += piece.length
        done += piece.length
      }
  }

  /** @returns a copy */
  slice(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const at = (offset + done) % this.#block
      const block = this.#blocks[Math.floor((offset + done) / this.#block)] as Uint8Array
      const piece = block.subarray(at, at + length - done)
      copyInto(out, done, piece)
      done += piece.length
    }
    return out
  }

  /** @param reusable `false`: the blocks are left to the garbage collector */
  release(reusable: boolean): void {
    for (const block of this.#blocks)
      if (reusable) this.#buffers.give(block)
      else this.#buffers.lose(block)
    this.#blocks = []
    this.#size = 0
  }
}
