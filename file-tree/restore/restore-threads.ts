import { Worker } from 'node:worker_threads'
import { TreeWriterLostError } from '#core/errors/tree-restore.ts'
import type { Answer, Reply, Request, ThreadSetup } from './thread-protocol.ts'

const ENTRY = new URL('./restore-thread.ts', import.meta.url)

/** What may be on its way to one thread: enough that it never waits, little enough for many threads. */
const ON_ITS_WAY = { bytes: 8 * 1024 * 1024, requests: 64 }

/** An error of the system that ended the work of a thread. */
export class SystemFailure extends Error {
  readonly code: string
  constructor({ code, message }: { code: string; message: string }) {
    super(message)
    this.code = code
  }
}

interface Waiting {
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
  bytes: number
}

/** One thread that works on the target, in the order of its requests. Starts with the first. */
export class RestoreThread {
  readonly #setup: ThreadSetup
  #started: Worker | undefined
  readonly #waiting: Waiting[] = []
  #bytes = 0
  #lost: Error | undefined
  #room: (() => void)[] = []

  constructor(setup: ThreadSetup) {
    this.#setup = setup
  }

  /** bytes and requests on their way: who has less is asked first */
  get load(): number {
    return this.#bytes + this.#waiting.length
  }

  /** Waits until there is room for more. */
  async room(): Promise<void> {
    while (
      !this.#lost &&
      (this.#bytes >= ON_ITS_WAY.bytes || this.#waiting.length >= ON_ITS_WAY.requests)
    )
      await new Promise<void>(resolve => this.#room.push(resolve))
  }

  /** @param data memory of the request, which is handed over */
  ask(request: Request, data?: ArrayBuffer): Promise<Answer> {
    if (this.#lost) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      const bytes = data?.byteLength ?? 0
      this.#bytes += bytes
      this.#waiting.push({ resolve, reject, bytes })
      this.#worker().postMessage(request, data ? [data] : [])
    })
  }

  /** Waits for everything that was asked. */
  async wait(): Promise<void> {
    if (this.#started) await this.ask({ op: 'wait' })
  }

  async close(): Promise<void> {
    if (this.#started) await this.ask({ op: 'close' }).catch(() => undefined)
    this.#lost ??= new TreeWriterLostError(new Error('the restore has ended'))
    await this.#started?.terminate()
  }

  #worker(): Worker {
    if (this.#started) return this.#started
    const options = { name: 'tree restore', stdin: false, workerData: this.#setup }
    this.#started = new Worker(ENTRY, options)
    this.#started.on('message', (reply: Reply) => this.#answer(reply))
    this.#started.on('error', error => this.#lose(error))
    this.#started.on('exit', code => this.#lose(new Error(`its thread ended with code ${code}`)))
    return this.#started
  }

  #answer(reply: Reply): void {
    const waiting = this.#waiting.shift()
    if (!waiting) return
    this.#bytes -= waiting.bytes
    if ('answer' in reply) waiting.resolve(reply.answer)
    else waiting.reject(new SystemFailure(reply.failure))
    this.#wake()
  }

  #lose(cause: unknown): void {
    this.#lost ??= new TreeWriterLostError(cause)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost)
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#room.splice(0)) resolve()
  }
}
