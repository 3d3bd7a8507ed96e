import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PoolOptions as ClientOptions, Xapi } from '#gateway-agent/xapi/api.ts'
import type { Waiting } from '#gateway-agent/xapi/backoff.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import type { Fault } from '#sim/faults/faults.ts'
import { type Pool, type PoolOptions, startPool } from '#sim/pool.ts'

/** Waits for next to nothing, and remembers how long it would have been. */
export const impatient = (): Waiting & { waited: number[] } => {
  const waited: number[] = []
  return {
    waited,
    random: () => 0.5,
    sleep: async milliseconds => {
      waited.push(milliseconds)
      await new Promise(resolve => setTimeout(resolve, 20))
    },
  }
}

/** No waiting where a real pool takes its time. */
const QUICK = {
  authenticationDelay: 0,
  lockWait: 2_000,
  exportLockWait: 500,
  dom0Linger: 50,
  dataDestroyWait: 200,
  power: 0,
  snapshot: 0,
  eventBatching: 5,
  haDetection: 20,
}

export interface ClientOnPool extends AsyncDisposable {
  pool: Pool
  xapi: Xapi
  options: ClientOptions
  fault(fault: Fault): void
  /** Writes into a running VM's disk, as its guest would. */
  guestWrite(vm: string, offset: number, bytes: Uint8Array): Promise<void>
  simulator(path: string, body?: Uint8Array): Promise<void>
}

/** The real client on a simulated pool over real sockets. `disks`: content of each VM's disks by its name. */
export const clientOnPool = async (
  disks: Record<string, Buffer[]>,
  poolOptions: PoolOptions = {},
  clientOptions: Partial<ClientOptions> = {},
): Promise<ClientOnPool> => {
  const folder = await mkdtemp(join(tmpdir(), 'pool-client-'))
  const vms = []
  for (const [name, contents] of Object.entries(disks)) {
    const files = contents.map((_, index) => join(folder, `${name}-${index}.raw`))
    for (const [index, file] of files.entries()) await writeFile(file, contents[index] as Buffer)
    vms.push({ name, disks: files })
  }
  const pool = await startPool({ vms, ...poolOptions, timing: { ...QUICK, ...poolOptions.timing } })
  const options: ClientOptions = {
    url: pool.hosts[0]?.url ?? '',
    user: pool.user,
    password: pool.password,
    fingerprints: pool.hosts.map(host => host.certificateFingerprint),
    ...clientOptions,
  }
  const xapi = await openPool(options, impatient())
  const simulator = async (path: string, body: Uint8Array = new Uint8Array()) => {
    const { status, text } = await new Promise<{ status: number; text: string }>(
      (resolve, reject) => {
        const url = new URL(path, options.url)
        const auth = `${pool.user}:${pool.password}`
        const headers = { 'Content-Length': body.length }
        const sent = request(url, { method: 'POST', auth, headers, rejectUnauthorized: false })
        sent.on('error', reject).on('response', response => {
          let text = ''
          response.setEncoding('utf8').on('data', part => {
            text += part
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        })
        sent.end(body)
      },
    )
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
  }
  return {
    pool,
    xapi,
    options,
    fault: fault => pool.state.faults.add(fault),
    simulator,
    guestWrite: (vm, offset, bytes) =>
      simulator(`/sim/guest-write?vm=${vm}&device=0&offset=${offset}`, bytes),
    [Symbol.asyncDispose]: async () => {
      await xapi.close()
      await pool.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
