import { Worker } from 'node:worker_threads'
import type { FromReader, ReaderStart, ToReader } from './wire.ts'

/** A reader at work, wherever it runs. */
export interface ReaderLink {
  post(message: ToReader): void
  /** @returns the next message. @throws what ended the reader */
  next(): Promise<FromReader>
  /** Ends it; one that hangs in the system is left behind. */
  end(): Promise<void>
}

export type StartReader = (start: ReaderStart) => ReaderLink

/** milliseconds; a thread in the middle of a call of the system cannot be ended before that returns */
const PATIENCE = 5_000

const ENTRY = new URL('./reader-thread.ts', import.meta.url)

export const readInThread: StartReader = start => prepareReader()(start)

/**
 * Starts the thread before there is anything to read: it takes 0.1 s to load what it needs. One that is never called keeps no process.
 * @returns for one capture
 */
export const prepareReader = (): StartReader => {
  const messages = new Messages()
  const worker = new Worker(ENTRY, { name: 'file tree', stdin: false })
  worker.unref()
  worker.on('message', (message: FromReader) => messages.push(message))
  worker.on('error', error => messages.fail(error))
  worker.on('exit', code => messages.fail(new Error(`the thread that reads ended with ${code}`)))
  return start => {
    worker.ref()
    worker.postMessage(start)
    return linkOf(worker, messages)
  }
}

const linkOf = (worker: Worker, messages: Messages): ReaderLink => ({
  post: message => worker.postMessage(message),
  next: () => messages.next(),
  end: async () => {
    worker.unref()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, PATIENCE)
    void worker.terminate().then(() => resolve())
    await promise
    clearTimeout(timer)
  },
})

/** What has arrived and was not asked for yet. */
export class Messages {
  readonly #arrived: FromReader[] = []
  #failure: { error: unknown } | undefined
  #waiting: PromiseWithResolvers<FromReader> | undefined

  push(message: FromReader): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting.resolve(message)
    else this.#arrived.push(message)
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  next(): Promise<FromReader> {
    const message = this.#arrived.shift()
    if (message) return Promise.resolve(message)
    if (this.#failure) return Promise.reject(this.#failure.error)
    this.#waiting = Promise.withResolvers()
    return this.#waiting.promise
  }
}
