import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Pool, type PoolOptions, startPool } from '#sim/pool.ts'

/** No waiting where a real pool takes its time. */
export const quick = {
  authenticationDelay: 0,
  lockWait: 2_000,
  exportLockWait: 500,
  dom0Linger: 50,
  dataDestroyWait: 100,
  power: 0,
  snapshot: 0,
  eventBatching: 5,
  haDetection: 20,
} as const

/** A XAPI failure as the wire told it. */
export class XapiFailure extends Error {
  readonly description: string[]

  constructor(description: string[]) {
    super(description.join(' '))
    this.description = description
  }
}

export interface SimulatedPool extends Pool {
  readonly url: string
  /** A session of the pool's user. */
  readonly session: string
  /** Calls a message with the session, over JSON-RPC. Throws XapiFailure. */
  rpc<T = string>(method: string, ...params: unknown[]): Promise<T>
  /** The same without adding the session. */
  bare<T = string>(method: string, ...params: unknown[]): Promise<T>
  /** The failure a call ends with, as [code, …params]. */
  failure(method: string, ...params: unknown[]): Promise<string[]>
  /** Waits for an `Async.` call's task and returns its record. */
  outcome(method: string, ...params: unknown[]): Promise<Record<string, unknown>>
  /** The first disk of a VM or a snapshot, by the VM's reference. */
  diskOf(vm: string): Promise<string>
}

export const jsonRpc = async <T>(url: string, method: string, params: unknown[]): Promise<T> => {
  const response = await fetch(`${url}/jsonrpc`, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', method, params, id: 1 }),
  })
  const { result, error } = (await response.json()) as {
    result?: T
    error?: { message: string; data: string[] }
  }
  if (error) throw new XapiFailure([error.message, ...error.data])
  return result as T
}

/** A simulated pool over plain HTTP with quick timing, and a session in it. */
export const simulatedPool = async (options: PoolOptions = {}): Promise<SimulatedPool> => {
  const pool = await startPool({ tls: false, ...options, timing: { ...quick, ...options.timing } })
  const url = pool.hosts[0]?.url ?? ''
  const bare = <T = string>(method: string, ...params: unknown[]) => jsonRpc<T>(url, method, params)
  const session = await bare('session.login_with_password', 'root', 'xenserver', '2.21', 'test')
  const rpc = <T = string>(method: string, ...params: unknown[]) =>
    bare<T>(method, session, ...params)
  const failure = (method: string, ...params: unknown[]) =>
    rpc(method, ...params).then(
      result => {
        throw new Error(`${method} succeeded with ${JSON.stringify(result)}`)
      },
      (error: XapiFailure) => error.description,
    )
  const outcome = async (method: string, ...params: unknown[]) => {
    const task = await rpc(`Async.${method}`, ...params)
    let token = ''
    for (;;) {
      const record = await rpc<Record<string, unknown>>('task.get_record', task)
      if (record.status !== 'pending') return record
      const batch = await rpc<{ token: string }>('event.from', [`task/${task}`], token, 5)
      token = batch.token
    }
  }
  const diskOf = async (vm: string) => {
    for (const ref of await rpc<string[]>('VM.get_VBDs', vm))
      if ((await rpc('VBD.get_type', ref)) === 'Disk') return rpc('VBD.get_VDI', ref)
    throw new Error('no disk')
  }
  return { ...pool, url, session, rpc, bare, failure, outcome, diskOf }
}

/** A folder with one raw file per entry, and how to remove it. */
export const rawFiles = async (
  files: Readonly<Record<string, Buffer>>,
): Promise<{ path: (name: string) => string; remove: () => Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'raw-files-'))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
  return {
    path: name => join(folder, name),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
