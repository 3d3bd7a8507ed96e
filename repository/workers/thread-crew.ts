import { Worker } from 'node:worker_threads'
import { ChunkWorkerFailedError } from '#core/errors/repository.ts'
import type { Crew } from './crew.ts'
import { type ChunkTask, type Outcome, perform } from './task.ts'

type Reply = { result: unknown } | { failure: string }

interface Job {
  task: ChunkTask
  resolve: (result: never) => void
  reject: (error: Error) => void
}

interface Thread {
  worker: Worker
  /** batches posted and not answered, in the order of the answers */
  pending: Job[][]
}

/** One batch at work and one behind it, so that a thread never waits for us; more would only pile up behind a slow one. */
const POSTED_PER_THREAD = 2

/** Small chunks cross together, for a message and its answer take 0.05 ms of CPU each: at most so many tasks, and bytes of plaintext. */
const BATCH = { tasks: 4, bytes: 1024 * 1024 }

/** A thread has little to remember; left alone, each lets its garbage grow to tens of MiB before it looks. */
const HEAP = { maxYoungGenerationSizeMb: 4 }

const ENTRY = new URL('./chunk-worker.ts', import.meta.url)

/**
 * Worker threads, started when there is enough to do. One that dies fails what it had; the next task starts another in its place.
 * Chunks that were begun (`seal`) go before new ones, so that memory comes free.
 */
export class ThreadCrew implements Crew {
  readonly width: number
  readonly #entry: URL
  /** bytes that are still worked on without threads, while there are none */
  #alone: number
  readonly #threads = new Set<Thread>()
  readonly #urgent: Job[] = []
  readonly #queue: Job[] = []
  #closed: Promise<void> | undefined

  /**
   * @param width number of threads
   * @param options `entry`: what they run; `alone`: bytes that the calling thread works on itself before it starts any, none unless told
   */
  constructor(width: number, { entry = ENTRY, alone = 0 }: { entry?: URL; alone?: number } = {}) {
    this.width = width
    this.#entry = entry
    this.#alone = alone
  }

  run<T extends ChunkTask>(task: T): Promise<Outcome<T>> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.#threads.size === 0 && sizeOf(task) <= this.#alone) return this.#runHere(task)
    return new Promise<Outcome<T>>((resolve, reject) => {
      const isNew = task.op === 'identify' || task.op === 'identify-and-seal'
      const queue = isNew ? this.#queue : this.#urgent
      queue.push({ task, resolve, reject } as Job)
      this.#dispatch()
    })
  }

  start(): void {
    this.#startAll()
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const error = closedError()
    const threads = [...this.#threads]
    this.#threads.clear()
    const jobs = [...this.#urgent.splice(0), ...this.#queue.splice(0)]
    for (const { pending } of threads) jobs.push(...pending.splice(0).flat())
    // Memory that is still being written to must not be given to others: fail only when nobody writes any more.
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
    for (const job of jobs) job.reject(error)
  }

  /** One turn of the event loop for each: others get theirs. */
  async #runHere<T extends ChunkTask>(task: T): Promise<Outcome<T>> {
    this.#alone -= sizeOf(task)
    await new Promise(resolve => setImmediate(resolve))
    if (this.#closed) throw closedError()
    try {
      return perform(task) as Outcome<T>
    } catch (error) {
      throw new ChunkWorkerFailedError(error)
    }
  }

  #dispatch(): void {
    if (!this.#startAll()) return
    for (let posted = 0; posted < POSTED_PER_THREAD; posted++)
      for (const thread of this.#threads) {
        if (thread.pending.length > posted) continue
        const batch = this.#nextBatch()
        if (batch.length === 0) return
        if (thread.pending.length === 0) thread.worker.ref()
        thread.pending.push(batch)
        thread.worker.postMessage(batch.map(({ task }) => task))
      }
  }

  #nextBatch(): Job[] {
    // No more than a fair share of what waits: no thread is idle while another has several.
    const waiting = this.#urgent.length + this.#queue.length
    const most = Math.min(BATCH.tasks, Math.ceil(waiting / this.width))
    const batch: Job[] = []
    for (let bytes = 0; batch.length < most; ) {
      const job = this.#urgent[0] ?? (this.#queue[0] as Job)
      bytes += sizeOf(job.task)
      if (batch.length > 0 && bytes > BATCH.bytes) break
      batch.push(job)
      if (job === this.#urgent[0]) this.#urgent.shift()
      else this.#queue.shift()
    }
    return batch
  }

  /** @returns whether there is anybody to work */
  #startAll(): boolean {
    try {
      while (this.#threads.size < this.width) this.#start()
    } catch (cause) {
      if (this.#threads.size > 0) return true
      const error = new ChunkWorkerFailedError(cause)
      for (const job of [...this.#urgent.splice(0), ...this.#queue.splice(0)]) job.reject(error)
      return false
    }
    return true
  }

  #start(): void {
    const worker = new Worker(this.#entry, { name: 'chunks', stdin: false, resourceLimits: HEAP })
    const thread: Thread = { worker, pending: [] }
    this.#threads.add(thread)
    worker.unref()
    worker.on('message', (replies: Reply[]) => this.#answer(thread, replies))
    worker.on('messageerror', error => this.#lose(thread, error))
    worker.on('error', error => this.#lose(thread, error))
    worker.on('exit', code => this.#lose(thread, new Error(`its thread ended with code ${code}`)))
  }

  #answer(thread: Thread, replies: readonly Reply[]): void {
    const batch = thread.pending.shift() ?? []
    if (thread.pending.length === 0) thread.worker.unref()
    for (const [i, job] of batch.entries()) {
      const reply = replies[i] ?? { failure: 'it gave no answer' }
      if ('failure' in reply) job.reject(new ChunkWorkerFailedError(new Error(reply.failure)))
      else job.resolve(reply.result as never)
    }
    this.#dispatch()
  }

  #lose(thread: Thread, cause: unknown): void {
    if (!this.#threads.delete(thread)) return
    void thread.worker.terminate().then(() => {
      const error = new ChunkWorkerFailedError(cause)
      for (const job of thread.pending.splice(0).flat()) job.reject(error)
      if (this.#urgent.length + this.#queue.length > 0) this.#dispatch()
    })
  }
}

/** @returns bytes of plaintext */
const sizeOf = (task: ChunkTask): number => {
  if (task.op === 'open') return task.entry.plaintextLength
  return task.op === 'identify' ? task.plaintext.length : task.plaintextLength
}

const closedError = () => new ChunkWorkerFailedError(new Error('the repository was closed'))
