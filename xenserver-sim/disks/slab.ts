import { randomUUID } from 'node:crypto'
import { closeSync, openSync, read, unlinkSync, write } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CBT_BLOCK } from './granularity.ts'

const pread = promisify(read)
const pwrite = promisify(write)

/** Stands for a block that was written and is all zero: it counts as allocated and takes no room. */
export const ZERO_SLOT = -1
const zeroBlock = Buffer.alloc(CBT_BLOCK)

/**
 * One sparse temporary file that holds the written 64 KiB blocks of every overlay, each in a numbered slot.
 * A slot never changes once a layer names it: new data goes to a new slot and the map is switched afterwards, so that a
 * reader sees all of a write or nothing. The file is unlinked as soon as it is open: a killed process leaves nothing.
 */
export class Slab {
  readonly #file: number
  #end = 0
  #free: number[] = []
  #limbo: number[] = []
  #readers = 0

  constructor(folder: string) {
    const path = join(folder, `overlay-${randomUUID()}.slab`)
    this.#file = openSync(path, 'wx+')
    unlinkSync(path)
  }

  /** Stores whole blocks and returns one slot for each. */
  async store(blocks: Buffer): Promise<number[]> {
    const count = blocks.length / CBT_BLOCK
    const zero = Array.from({ length: count }, (_, i) => isZeroBlock(blocks, i))
    const slots = this.#allocate(zero.filter(isZero => !isZero).length)
    const placed = zero.map(isZero => (isZero ? ZERO_SLOT : (slots.shift() as number)))
    try {
      for (const run of consecutive(placed)) {
        const piece = blocks.subarray(run.first * CBT_BLOCK, (run.first + run.count) * CBT_BLOCK)
        await this.#writeAll(piece, run.slot * CBT_BLOCK)
      }
    } catch (error) {
      for (const slot of placed) this.free(slot)
      throw error
    }
    return placed
  }

  async read(slot: number, skip: number, target: Buffer): Promise<void> {
    await pread(this.#file, target, 0, target.length, slot * CBT_BLOCK + skip)
  }

  free(slot: number): void {
    if (slot !== ZERO_SLOT) (this.#readers > 0 ? this.#limbo : this.#free).push(slot)
  }

  /** Slots freed while somebody reads are not used again before the last reader is done. */
  async whileReading<T>(work: () => Promise<T>): Promise<T> {
    this.#readers++
    try {
      return await work()
    } finally {
      this.#readers--
      if (this.#readers === 0) {
        for (const slot of this.#limbo) this.#free.push(slot)
        this.#limbo = []
      }
    }
  }

  /** Slots in use, for tests: nothing may leak. */
  get used(): number {
    return this.#end - this.#free.length - this.#limbo.length
  }

  close(): void {
    closeSync(this.#file)
  }

  async #writeAll(piece: Buffer, position: number): Promise<void> {
    for (let done = 0; done < piece.length; ) {
      const { bytesWritten } = await pwrite(
        this.#file,
        piece,
        done,
        piece.length - done,
        position + done,
      )
      done += bytesWritten
    }
  }

  #allocate(count: number): number[] {
    if (this.#free.length >= count) {
      return this.#free.splice(this.#free.length - count).sort((a, b) => a - b)
    }
    const first = this.#end
    this.#end += count
    return Array.from({ length: count }, (_, i) => first + i)
  }
}

const isZeroBlock = (blocks: Buffer, index: number) =>
  blocks.compare(zeroBlock, 0, CBT_BLOCK, index * CBT_BLOCK, (index + 1) * CBT_BLOCK) === 0

/** Groups neighbouring blocks that also lie side by side in the file, so that each group is one system call. */
function consecutive(slots: number[]): { first: number; count: number; slot: number }[] {
  const runs: { first: number; count: number; slot: number }[] = []
  slots.forEach((slot, first) => {
    const last = runs.at(-1)
    if (slot === ZERO_SLOT) return
    if (last && last.first + last.count === first && last.slot + last.count === slot) last.count++
    else runs.push({ first, count: 1, slot })
  })
  return runs
}
