import type { IncomingMessage } from 'node:http'
import type { SimHost, State } from '../state.ts'
import type { XapiError } from '../xapi/errors.ts'
import type { Ref } from '../xapi/records/index.ts'
import type { Wire } from '../xapi/wire.ts'
import type { Reply } from './reply.ts'

/** The task of one streaming request: the one named by `task_id`, or one the server made. */
export interface HandlerTask {
  readonly ref: Ref
  /** 0 to 1. */
  progress(fraction: number): void
  /** Throws TASK_CANCELLED once a client asked to cancel. XVA streams poll every ~10 s, VHD and raw ones never. */
  assertNotCancelled(): void
  /** Adds a key to the task's other_config (`object_creation` = `complete`). */
  note(key: string, value: string): void
}

/**
 * What a streaming handler gets once the request is authenticated. Records are read and written through
 * `state.database`, locks are taken with `withVmOperation` and `withVdiOperation` (xapi/locks.ts) and disks are attached
 * with `attachToDom0` (xapi/dom0.ts).
 */
export interface HandlerContext {
  readonly state: State
  /** The host that was contacted. */
  readonly host: SimHost
  readonly query: URLSearchParams
  readonly session: Ref
  readonly task: HandlerTask
  readonly request: IncomingMessage
  readonly reply: Reply
  /** Headers every streaming answer carries: `task-id`, `Server`, `Connection: close`, no caching. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Answers one streaming request. What it returns becomes the task's result. What it throws fails the task: an HttpError
 * with its own status, a Redirect with 302 and the task left pending, any other error as 500 before the headers or
 * in-band after them.
 */
export type StreamHandler = (context: HandlerContext) => Promise<Wire | undefined>

/** An error answered with another status than 500, e.g. `new HttpError('404 Not Found', error)`. */
export class HttpError extends Error {
  readonly status: string
  readonly error: XapiError

  constructor(status: string, error: XapiError) {
    super(error.message)
    this.status = status
    this.error = error
  }
}

/** Another host has to serve this request; `address` is that host's. */
export class Redirect extends Error {
  readonly address: string

  constructor(address: string) {
    super(`Redirected to ${address}.`)
    this.address = address
  }
}
