import type { ReadStream, WriteStream } from 'node:tty'
import type { TimeFormat } from './output/units.ts'

/** Where a command writes and reads. Real in `main.ts`, made up in tests. */
export interface Host {
  stdout: Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }
  stderr: Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }
  stdin: ReadStream | NodeJS.ReadStream
  env: NodeJS.ProcessEnv
  fetch: typeof globalThis.fetch
  /** Milliseconds since 1970. */
  now: () => number
  time: TimeFormat
  /** Calls back at each request to stop; see `signals.ts`. @returns a function that ends the listening */
  onStop: (listener: (request: StopRequest) => void) => () => void
}

/** `again`: the person (or the system) asked a second time. */
export interface StopRequest {
  signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'parent gone'
  again: boolean
}

/** Writes lines to standard output. */
export const print = (host: Host, ...lines: string[]): void => {
  for (const line of lines) host.stdout.write(`${line}\n`)
}

/** Writes one JSON document, on one line, to standard output. */
export const printJson = (host: Host, document: unknown): void => {
  host.stdout.write(`${JSON.stringify(document)}\n`)
}

/** Writes lines to standard error: what a person should see and a script should not parse. */
export const tell = (host: Host, ...lines: string[]): void => {
  for (const line of lines) host.stderr.write(`${line}\n`)
}
