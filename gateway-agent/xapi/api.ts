import type { ZodType } from 'zod'
import type { Waiting } from './backoff.ts'
import type { Timeouts } from './timeouts.ts'

/** `OpaqueRef:…`. Lives as long as the pool's database; never stored, never sent to the control plane. */
export type Ref = string

/** What a XAPI parameter may be. Numbers are floats only: 64-bit integers go as decimal strings (XML-RPC `<int>` would cut them). */
export type XapiValue =
  | string
  | number
  | boolean
  | Date
  | XapiValue[]
  | { [member: string]: XapiValue }

/** What happened since somebody began to watch. */
export interface Incidents {
  readonly sentences: readonly string[]
  stop(): void
}

/** Where a pool is, who we are there, and why we trust it. */
export interface PoolOptions {
  /** `https://host[:port]`. */
  url: string
  user: string
  /** A function is asked at each login, so that a password that was changed is taken up while the session lasts. */
  password: string | (() => Promise<string>)
  /** SHA-256 of the DER certificates of the pool's hosts, hex, colons allowed. */
  fingerprints?: readonly string[]
  /** PEM of the authority that signed the hosts' certificates; the names in them must match the addresses. */
  ca?: string
  /** Addresses of the pool's hosts as they were known last, asked when that of `url` does not answer. */
  members?: readonly string[]
  /** pool.uuid as it was known last: another pool at these addresses is refused. */
  poolUuid?: string
  /** Told after each login which hosts the pool has. */
  onMembers?: (addresses: readonly string[]) => void
  timeouts?: Partial<Timeouts>
  /** Our NBD connections to one host at once; 12 unless told. */
  connectionsPerHost?: number
  /** Allows http://: for tests on one machine only. */
  allowPlain?: boolean
  /** NBD over clear text (network purpose `insecure_nbd`); off unless told. */
  allowInsecureNbd?: boolean
}

export interface CallOptions {
  signal?: AbortSignal
  /** Milliseconds until the call is given up; 2 minutes unless told. XAPI itself may wait for locks for 2 hours. */
  timeout?: number
}

export interface RunOptions {
  signal?: AbortSignal
  /** 0 to 1, as XAPI tells it. */
  onProgress?: (progress: number) => void
}

export interface DownloadOptions {
  /** Address of the host to ask, where any other would answer something else; the coordinator unless told. */
  host?: string
  /** Query of the handler without `session_id` and `task_id`. */
  query: Record<string, string>
  /** For the task and for messages: "export of disk 0 of web01". */
  what: string
  signal?: AbortSignal
  /** Milliseconds without a byte after which the stream is given up; `Timeouts.stream` unless told. */
  idleTimeout?: number
}

export interface Download {
  /**
   * The body, once. A cut connection looks like its end: compare with the format's own end, then ask `outcome`.
   * @throws `EXPORT_FAILED` for an HTTP 500 inside the stream, `STREAM_STALLED`, `STREAM_TRUNCATED`
   */
  body: AsyncIterable<Uint8Array>
  /** Call it when the body has ended: waits for XAPI's verdict. @throws {XapiError}, `XAPI_TASK_LOST` */
  outcome(): Promise<void>
  /** Stops the transfer and removes the task. Always call it in the end; may be called twice. */
  close(): Promise<void>
}

export interface UploadOptions extends DownloadOptions {
  /** Exact number of bytes that `body` yields. */
  length: number
  body: AsyncIterable<Uint8Array>
  /** Runs between the probe and the transfer: the probe may leave the disk attached for a moment. */
  settled?: () => Promise<void>
  /** host.address of the host to begin with; the coordinator unless told. One that does not answer is passed over. */
  firstHost?: string | undefined
  /** Nothing has to be probed: every host can take it. */
  anyHost?: true
}

/**
 * One pool: finds its coordinator, keeps one session, survives its restarts.
 *
 * Errors of every method: {@link XapiError} (switch on `code`, or on `xapiCode`), `XAPI_UNREACHABLE`, `XAPI_INTERRUPTED`,
 * `XAPI_CERTIFICATE_MISMATCH`, `XAPI_UNINTELLIGIBLE`, `XAPI_OTHER_POOL`; an aborted `signal` throws its reason.
 */
export interface Xapi {
  /** pool.uuid, the same for the life of this object. */
  readonly poolUuid: string
  /** As in {@link PoolOptions}. */
  readonly allowInsecureNbd: boolean
  readonly timeouts: Timeouts
  /** As in {@link PoolOptions}. */
  readonly connectionsPerHost: number
  /** Collects from now on what happened to the connection to the pool, as sentences for the user. */
  watchIncidents(): Incidents
  /** How to wait, for all that works on this pool. */
  readonly waiting: Waiting

  /**
   * One XAPI message; the session goes in by itself.
   * @param as what the answer must look like
   */
  call<T>(
    method: string,
    parameters: readonly XapiValue[],
    as: ZodType<T>,
    options?: CallOptions,
  ): Promise<T>

  /**
   * `Async.<method>`, waits for its task through events and removes the task. Aborting cancels the task and throws the
   * signal's reason when it has ended; where it succeeded all the same, its result is returned: look at the signal afterwards.
   * @param as what the task's result must look like: a string, an array of strings, or `''` for void
   * @throws `XAPI_TASK_LOST` when XAPI forgot the task: look at the objects
   */
  run<T>(
    method: string,
    parameters: readonly XapiValue[],
    as: ZodType<T>,
    options?: RunOptions,
  ): Promise<T>

  /** `GET <path>` of a streaming handler, with a task of its own and 302 followed. */
  download(path: string, options: DownloadOptions): Promise<Download>

  /** `PUT <path>`: probes for a redirect with an empty body, streams, waits for the task. */
  upload(path: string, options: UploadOptions): Promise<void>

  /** Logs out. */
  close(): Promise<void>
}
