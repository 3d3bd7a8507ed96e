import { TreeStalledError, TreeUnreadableError } from '#core/errors/file-tree.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import type { PointWriter, StreamWriter } from '#repository/write/api.ts'
import type { TreeOptions } from './options.ts'
import { Place } from './place.ts'
import { type ReaderLink, readInThread, type StartReader } from './reader-link.ts'
import { reasonOf } from './reasons.ts'
import type { TreeReport } from './report.ts'
import { type Batch, type FromReader, PLACE_SIZE, SLOT_SIZE, SLOTS, Step } from './wire.ts'

export interface TreeCapture {
  /** Begun with `base`, where there is one. */
  point: Pick<PointWriter, 'stream'>
  repository: Pick<Repository, 'readStream'>
  /** The last point: what did not change since is taken over unread. One without this tree serves as none. */
  base?: Point | undefined
  /** The tree's name in the point, 1 to 500 characters: its streams are `NAME/content` and `NAME/entries`. */
  name: string
  options: TreeOptions
  signal?: AbortSignal | undefined
  /** Hears how many entries were seen, and how many bytes of content they have, as they go. */
  onProgress?: ((seen: { entries: number; bytes: number }) => void) | undefined
  /** seconds without a sign of the file system before the capture is given up; 600 unless told */
  stallSeconds?: number | undefined
  /** in a thread of its own unless told */
  start?: StartReader | undefined
}

/** @returns the names of the two streams of a tree */
export const streamsOfTree = (name: string) => ({
  content: `${name}/content`,
  entries: `${name}/entries`,
})

/**
 * Puts a tree of files into a point that is being written. Files that change, vanish or cannot be read do not stop it: the report names them.
 * @throws `TREE_UNREADABLE` where the root cannot be read, `TREE_STALLED`, and whatever the point throws
 */
export const captureTree = async (capture: TreeCapture): Promise<TreeReport> => {
  const { point, base, name, options } = capture
  const ids = streamsOfTree(name)
  const former = base?.streams.some(({ id }) => id === ids.entries) ? base : undefined
  const hasContent = former?.streams.some(({ id }) => id === ids.content)
  const content = await point.stream({
    streamId: ids.content,
    ...(hasContent ? { keep: ids.content } : {}),
  })
  const entries = await point.stream({ streamId: ids.entries })
  const memory = new SharedArrayBuffer(SLOTS * SLOT_SIZE + PLACE_SIZE)
  const reader = (capture.start ?? readInThread)({ options, hasFormer: !!former, memory })
  const writing = new Writing(capture, reader, memory, content, entries, former)
  try {
    const report = await writing.run()
    await content.finish()
    await entries.finish()
    return report
  } finally {
    await reader.end()
  }
}

/** Takes what the reader makes, and answers it. */
class Writing {
  readonly #capture: TreeCapture
  readonly #reader: ReaderLink
  readonly #memory: SharedArrayBuffer
  readonly #content: StreamWriter
  readonly #entries: StreamWriter
  readonly #former: AsyncIterator<Uint8Array> | undefined
  /** that arrived while an answer was awaited */
  readonly #aside: FromReader[] = []

  constructor(
    capture: TreeCapture,
    reader: ReaderLink,
    memory: SharedArrayBuffer,
    content: StreamWriter,
    entries: StreamWriter,
    former: Point | undefined,
  ) {
    this.#capture = capture
    this.#reader = reader
    this.#memory = memory
    this.#content = content
    this.#entries = entries
    const stream = streamsOfTree(capture.name).entries
    this.#former = former && capture.repository.readStream(former, stream)[Symbol.asyncIterator]()
  }

  async run(): Promise<TreeReport> {
    try {
      for (;;) {
        const message = this.#aside.shift() ?? (await this.#next())
        if (message.kind === 'done') return message.report
        if (message.kind === 'batch') await this.#write(message)
        else if (message.kind === 'hungry') void this.#feed()
      }
    } finally {
      await this.#former?.return?.()
    }
  }

  async #write({ number, slot, steps, entries, seen }: Batch): Promise<void> {
    for (let at = 0; at < steps.length; at += 4) {
      const [step, a = 0, b = 0, keep = 0] = steps.slice(at, at + 4)
      if (step === Step.cut) await this.#content.cut()
      else if (step === Step.data) await this.#content.write(this.#bytes(slot, a, b))
      else if (!(await this.#content.keep(a, b))) await this.#writeAgain(keep)
    }
    if (entries.length > 0) await this.#entries.write(entries)
    this.#reader.post({ kind: 'settled', number })
    this.#capture.onProgress?.(seen)
  }

  #bytes(slot: number | undefined, from: number, to: number): Uint8Array {
    return new Uint8Array(this.#memory, (slot ?? 0) * SLOT_SIZE + from, to - from)
  }

  async #writeAgain(keep: number): Promise<void> {
    this.#reader.post({ kind: 'refused', keep })
    for (;;) {
      const message = await this.#next()
      if (message.kind !== 'again') {
        if (message.kind === 'hungry') void this.#feed()
        else this.#aside.push(message)
        continue
      }
      if (message.cut) await this.#content.cut()
      if (message.last) return
      await this.#content.write(message.bytes)
      this.#reader.post({ kind: 'more' })
    }
  }

  /** A list of the last point that cannot be read costs time, no data: all files are read then. */
  async #feed(): Promise<void> {
    try {
      const next = await this.#former?.next()
      this.#reader.post({ kind: 'former', bytes: next?.done ? undefined : next?.value })
    } catch (error) {
      this.#reader.post({ kind: 'former lost', reason: reasonOf(error) })
    }
  }

  async #next(): Promise<FromReader> {
    const { signal, stallSeconds = 600, options } = this.#capture
    signal?.throwIfAborted()
    const { promise, reject } = Promise.withResolvers<never>()
    const stalled = () => {
      const place = new Place(this.#memory).read()
      reject(new TreeStalledError(options.root, place, stallSeconds))
    }
    const aborted = () => reject(signal?.reason)
    const timer = setTimeout(stalled, stallSeconds * 1000)
    signal?.addEventListener('abort', aborted, { once: true })
    try {
      const message = await Promise.race([this.#reader.next(), promise])
      if (message.kind !== 'failed') return message
      throw new TreeUnreadableError(options.root, reasonOf(message))
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
  }
}
