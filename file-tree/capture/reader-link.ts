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

export const readInThread: StartReader = start => {
  const messages = new Messages()
  const worker = new Worker(ENTRY, { name: 'file tree', workerData: start, stdin: false })
  worker.on('message', (message: FromReader) => messages.push(message))
  worker.on('error', error => messages.fail(error))
  worker.on('exit', code => messages.fail(new Error(`the thread that reads ended with ${code}`)))
  return {
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
  }
}

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
