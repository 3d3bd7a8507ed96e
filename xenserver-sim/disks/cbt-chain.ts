import { smFailure } from './backend-error.ts'
import { createBitmap, extend, setBit, union } from './bitmap.ts'
import { CBT_BLOCK } from './granularity.ts'

interface CbtLog {
  size: number
  bitmap: Buffer
  parent: string | undefined
  child: string | undefined
  consistent: boolean
}

const blocksOf = (size: number) => Math.ceil(size / CBT_BLOCK)

/**
 * Changed-block logs as SM keeps them: one log a disk, linked oldest to newest. A log holds what changed since its
 * parent. A snapshot takes over the log of the live disk, which starts a new one.
 */
export class CbtChain {
  readonly #logs = new Map<string, CbtLog>()

  /** Begins an era: nothing older can be compared with what follows. Repeating it changes nothing. */
  enable(id: string, size: number): void {
    if (this.#logs.has(id)) return
    const bitmap = createBitmap(blocksOf(size))
    this.#logs.set(id, { size, bitmap, parent: undefined, child: undefined, consistent: true })
  }

  /** Ends the era of this disk: older snapshots keep their logs but lead nowhere. */
  disable(id: string): void {
    const log = this.#logs.get(id)
    if (!log) return
    this.#link(log.parent, undefined)
    const child = this.#logs.get(log.child ?? '')
    if (child) child.parent = undefined
    this.#logs.delete(id)
  }

  enabled(id: string): boolean {
    return this.#logs.has(id)
  }

  mark(id: string, firstBlock: number, count: number): void {
    const log = this.#logs.get(id)
    for (let i = 0; log && i < count; i++) setBit(log.bitmap, firstBlock + i)
  }

  snapshot(id: string, snapshotId: string): void {
    const log = this.#logs.get(id)
    if (!log) return
    const { size, consistent, child } = log
    const bitmap = createBitmap(blocksOf(size))
    this.#logs.set(id, { size, bitmap, parent: snapshotId, child, consistent })
    this.#logs.set(snapshotId, { ...log, child: id })
    this.#link(log.parent, snapshotId)
  }

  resize(id: string, size: number): void {
    const log = this.#logs.get(id)
    if (!log) return
    log.bitmap = extend(log.bitmap, blocksOf(size))
    log.size = size
  }

  /** Removes a disk from the chain; what it recorded is merged into the next one. */
  remove(id: string): void {
    const log = this.#logs.get(id)
    if (!log) return
    const child = this.#logs.get(log.child ?? '')
    if (child) {
      child.bitmap = union(child.bitmap, log.bitmap)
      child.parent = log.parent
      child.consistent &&= log.consistent
    }
    this.#link(log.parent, log.child)
    this.#logs.delete(id)
  }

  /** What a crash of the host with the disk in use leaves behind. */
  markInconsistent(id: string): void {
    const log = this.#logs.get(id)
    if (log) log.consistent = false
  }

  consistent(id: string): boolean {
    return this.#logs.get(id)?.consistent ?? true
  }

  /** Bytes of metadata kept for a disk. */
  bytes(id: string): number {
    return this.#logs.get(id)?.bitmap.length ?? 0
  }

  /**
   * Which 64 KiB blocks of `to` differ from `from`, bit 0 being the most significant of byte 0.
   * @throws SR_BACKEND_FAILURE_460 when both are the same disk, one has no log, or `to` does not descend from `from`
   * @throws SR_BACKEND_FAILURE_459 when a log between them is not consistent
   */
  changed(from: string, to: string): Buffer {
    if (from === to) throw unrelated('Source and target VDI are same')
    let merged = createBitmap(0)
    let next = this.#logs.has(to) ? this.#logs.get(from)?.child : undefined
    while (next !== undefined) {
      const log = this.#logs.get(next)
      if (!log) break
      if (!log.consistent) throw inconsistent()
      merged = union(merged, log.bitmap)
      if (next === to) return merged
      next = log.child
    }
    throw unrelated('Source and target VDI are unrelated')
  }

  #link(parent: string | undefined, child: string | undefined): void {
    const log = this.#logs.get(parent ?? '')
    if (log) log.child = child
  }
}

const unrelated = (detail: string) =>
  smFailure(460, 'Failed to calculate changed blocks for given VDIs.', detail)
const inconsistent = () => smFailure(459, 'CBT metadata is inconsistent', 'Inconsistent bitmaps')
