const MiB = 1024 * 1024
const PAGE = 4096 // bytes: direct I/O wants memory, offset and length in whole pages (open(2), O_DIRECT)
const WASM_PAGE = 64 * 1024
const SLAB = 16 * 1024 * 1024 // bytes; what nobody has touched yet takes address space only

/** A stretch of memory, cut into slots of one size. */
interface Slab {
  memory: SharedArrayBuffer
  /** bytes */
  slot: number
  /** offsets that were lent before and came back */
  free: number[]
  /** offset of the first slot that was never lent */
  fresh: number
  lent: number
  /** Somebody may still be looking at a part of it. */
  spoilt: boolean
}

/** Buffers that one piece of work borrows, and gives back all together. */
export interface Loan {
  /** @param size bytes */
  take(size: number): Uint8Array
  /** Nobody uses any of them any more. May be called again. */
  end(): void
}

/**
 * Memory that threads share, in whole pages, used again and again: what was touched once stays in memory, and neither page
 * faults nor a late garbage collection come with every chunk. What is lent is bounded by the byte budget, not here.
 */
export class BufferPool {
  readonly #limit: number
  readonly #slabs = new Map<ArrayBufferLike, Slab>()

  /** @param limit bytes that are kept for another use; above it a slab that nobody uses is let go */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** bytes lent, in whole pages */
  get lent(): number {
    let bytes = 0
    for (const { lent, slot } of this.#slabs.values()) bytes += lent * slot
    return bytes
  }

  /** bytes of address space, lent or kept for another use */
  get size(): number {
    let bytes = 0
    for (const { byteLength } of this.#slabs.keys()) bytes += byteLength
    return bytes
  }

  /**
   * @param size bytes
   * @returns memory of just this size that begins with a page, with whatever was in it; up to the end of its last page it is
   *   the borrower's too
   */
  take(size: number): Uint8Array {
    const slot = roundUp(size, PAGE)
    const slab = this.#slabFor(slot)
    slab.lent++
    let offset = slab.free.pop()
    if (offset === undefined) {
      offset = slab.fresh
      slab.fresh += slot
    }
    return new Uint8Array(slab.memory, offset, size)
  }

  /** @param buffer from `take`, which nobody uses any more */
  give(buffer: Uint8Array): void {
    const slab = this.#slabs.get(buffer.buffer)
    if (!slab) return
    slab.free.push(buffer.byteOffset)
    this.#returned(slab)
  }

  /** Of a buffer that nobody may have again, because somebody may still be looking at it. */
  lose(buffer: Uint8Array): void {
    const slab = this.#slabs.get(buffer.buffer)
    if (!slab) return
    slab.spoilt = true
    this.#returned(slab)
  }

  loan(): Loan {
    const borrowed: Uint8Array[] = []
    return {
      take: size => {
        // Chunks of a stream are of any size: with slots of their own each size would hold a slab.
        const buffer = this.take(size > MiB ? size : slotSize(size))
        borrowed.push(buffer)
        return buffer.subarray(0, size)
      },
      end: () => {
        for (const buffer of borrowed.splice(0)) this.give(buffer)
      },
    }
  }

  #returned(slab: Slab): void {
    slab.lent--
    if (slab.lent > 0 || (!slab.spoilt && this.size <= this.#limit)) return
    this.#slabs.delete(slab.memory)
  }

  #slabFor(slot: number): Slab {
    let idle: Slab | undefined
    let untouched: Slab | undefined
    for (const slab of this.#slabs.values()) {
      const isCutSo = slab.slot === slot
      if (isCutSo && slab.free.length > 0) return slab
      if (isCutSo && slab.fresh + slot <= slab.memory.byteLength) untouched ??= slab
      if (slab.lent === 0 && !slab.spoilt && slot <= slab.memory.byteLength) idle ??= slab
    }
    if (idle && !untouched) {
      Object.assign(idle, { slot, free: [], fresh: 0 })
      return idle
    }
    return untouched ?? this.#newSlab(slot)
  }

  #newSlab(slot: number): Slab {
    const memory = pages(Math.max(SLAB, roundUp(slot, WASM_PAGE)))
    const slab = { memory, slot, free: [], fresh: 0, lent: 0, spoilt: false }
    this.#slabs.set(memory, slab)
    return slab
  }
}

/** @returns bytes of a slot for so many: one of few sizes, so that slots come again. What is not touched of it takes no memory */
export const slotSize = (bytes: number): number => {
  if (bytes > 8 * MiB) return roundUp(bytes, 8 * MiB)
  return bytes > MiB ? 8 * MiB : Math.max(64 * 1024, 2 ** Math.ceil(Math.log2(bytes)))
}

const roundUp = (size: number, unit: number): number => Math.ceil(size / unit) * unit

/** Node has it, its types do not name it. */
declare const WebAssembly: {
  Memory: new (descriptor: {
    initial: number
    maximum: number
    shared: true
  }) => { buffer: SharedArrayBuffer }
}

/** The only memory in JavaScript that begins with a page; where its address space is refused, any memory will do. */
const pages = (size: number): SharedArrayBuffer => {
  const count = size / WASM_PAGE
  try {
    return new WebAssembly.Memory({ initial: count, maximum: count, shared: true }).buffer
  } catch {
    return new SharedArrayBuffer(size)
  }
}
