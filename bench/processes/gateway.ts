/*
 * A gateway without its control plane, for bench/xenserver.ts. Argument: JSON of what `Work` describes. The passphrase comes from the
 * environment. Prints for each step how long it took (with what follows its last commit: the snapshot is cleaned up) and what it cost, as JSON.
 */
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import type { Client } from '#core/contracts/client.ts'
import { ulidMaker } from '#core/ids.ts'
import { realPatience } from '#gateway-agent/control/patience.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { createPerform } from '#gateway-agent/jobs/perform.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { openRepository } from '#repository/index.ts'
import { storageOf } from '#test/support/storage-access.ts'

interface Work {
  pool: { url: string; user: string; password: string; fingerprints: string[] }
  /** a directory */
  repository: string
  steps: {
    /** uuids, backed up at the same time */
    vms: string[]
    /** First the guests write: so many bytes at the start of their disk, no two the same. */
    write?: number
  }[]
}

const { pool: options, repository: folder, steps } = JSON.parse(process.argv[2] ?? '{}') as Work
const authorization = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`
const simulator = async (path: string, init: RequestInit = {}): Promise<Record<string, number>> => {
  const answer = await fetch(`${options.url}/sim/${path}`, { ...init, headers: { authorization } })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
  return (await answer.json()) as Record<string, number>
}
/** Only the pools that are asked are in clear text. */
const counted = options.url.startsWith('http:')

const xapi = await openPool({ ...options, allowPlain: true, allowInsecureNbd: true })
const pool = poolOfXapi(xapi)
const repository = await openRepository({
  store: await openObjectStore(`file:${folder}`),
  unlock: { passphrase: process.env.XENKEEP_PASSPHRASE ?? '' },
  clock: systemClock,
  random: systemRandom,
  cacheDir: `${folder}-cache`,
})
const log = { info: () => undefined, warn: console.error, error: console.error }
const client = { call: async () => ({ address: 'file:', repositoryId: '' }) } as unknown as Client
const perform = createPerform({
  client,
  gatewayId: () => '',
  pools: { use: async () => pool },
  repositories: { open: async () => repository },
  maintenanceStore: async () => openObjectStore(`file:${folder}`),
  storage: storageOf(client, log),
  gate: createDiskGate(16, { perSr: 16, jobs: 8 }),
  running: new Map(),
  patience: realPatience,
  random: Math.random,
  clock: systemClock,
  bootScripts: {},
  log,
})
const newId = ulidMaker({ clock: systemClock, random: systemRandom })
const { signal } = new AbortController()

/** milliseconds from the start of this process */
let committed = 0
const backUp = async (vmUuid: string) => {
  const jobId = newId()
  const spec = { poolUuid: pool.uuid, vmUuid, vmName: 'measured', method: 'normal' as const }
  const { outcome, settle } = await perform(
    { jobId, runId: jobId, epoch: 1, leaseUntil: 0, spec: { kind: 'backup-vm', ...spec } },
    { signal, report: () => undefined, epoch: () => 1 },
  )
  if (outcome.status !== 'backed-up') throw new Error(JSON.stringify(outcome))
  committed = performance.now()
  await settle?.()
  return outcome.point
}

const results = []
for (const { vms, write = 0 } of steps) {
  for (const vm of write > 0 ? vms : []) {
    const body = new Uint8Array(write)
    for (let at = 0; at < write; at += 65_536) body.set(systemRandom.bytes(32_768), at)
    await simulator(`guest-write?vm=${vm}&device=0&offset=0`, { method: 'POST', body })
  }
  if (counted) await simulator('calls', { method: 'DELETE' })
  const start = performance.now()
  const points = await Promise.all(vms.map(backUp))
  const seconds = (performance.now() - start) / 1000
  const calls: Record<string, number> = counted ? await simulator('calls') : {}
  results.push({
    seconds,
    committed: committed / 1000,
    bytesRead: points.reduce((sum, point) => sum + point.bytesRead, 0),
    calls: Object.values(calls).reduce((sum, count) => sum + count, 0),
    rungs: [...new Set(points.flatMap(({ disks }) => disks.map(({ rung }) => rung)))],
  })
}
await repository.close()
await xapi.close()
console.log(JSON.stringify(results))
