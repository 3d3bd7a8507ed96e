import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Client, createClient } from '#core/contracts/client.ts'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { XapiValue } from '#gateway-agent/xapi/api.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { type Pool, type PoolOptions, startPool } from '#sim/pool.ts'
import { until } from './patience.ts'
import { quick, rawFiles } from './simulated-pool.ts'
import { makeSite, type Program, startAgent, startProgram } from './site.ts'

export const MiB = 1024 * 1024
const RUN_MS = 60_000

/**
 * One machine beside one simulated pool: control plane and agent are processes of their own, to be killed at will. The pool
 * runs here, so that a test can look at what it holds and write as its guests would.
 *
 * @param images raw disks of each VM, by name
 */
export const startMachine = async (
  images: Readonly<Record<string, readonly Buffer[]>>,
  options: PoolOptions & { settings?: Record<string, unknown> } = {},
) => {
  const named = Object.entries(images).flatMap(([vm, disks]) =>
    disks.map((bytes, i) => [`${vm}-${i}.raw`, bytes] as const),
  )
  const files = await rawFiles(Object.fromEntries(named))
  const pool = await startPool({
    ...options,
    tls: true,
    timing: { ...quick, ...options.timing },
    vms: Object.entries(images).map(([name, disks]) => ({
      name,
      disks: disks.map((_, i) => files.path(`${name}-${i}.raw`)),
    })),
  })
  const site = await makeSite(pool, options.settings ? { settings: options.settings } : {})
  const programs: { control?: Program; agent?: Program } = {}

  const startControl = async () => {
    programs.control = startProgram('local/main.ts', ['--data', site.dataDir])
    await programs.control.says(/"listening"/)
  }
  const beginAgent = () => {
    programs.agent = startAgent(site)
    return programs.agent
  }
  const program = (name: 'control' | 'agent'): Program => {
    const found = programs[name]
    if (!found) throw new Error(`the ${name} was not started`)
    return found
  }

  /** As the person at this machine. Calls are repeated while the control plane is away. */
  const person: Client = {
    async call(name, input) {
      for (let attempt = 0; ; attempt++)
        try {
          const file = site.file('control', 'endpoint.json')
          const { url, token } = JSON.parse(await readFile(file, 'utf8'))
          const client = createClient({ baseUrl: url, fetch, authorize: () => `Bearer ${token}` })
          return await client.call(name, input)
        } catch (error) {
          const { code } = error as { code?: string }
          if (attempt === 200 || (code !== 'CONTROL_PLANE_UNREACHABLE' && code !== 'ENOENT'))
            throw error
          await new Promise(resolve => setTimeout(resolve, 50))
        }
    },
  }
  const getRun = (runId: string) => person.call('getRun', { params: { runId } })
  const start = (vms: string[]) =>
    person.call('startRun', { body: { kind: 'backup', vms } }).then(({ runId }) => runId)
  const finished = async (runId: string) => {
    const isOver = async () => (await getRun(runId)).run.state !== 'running'
    await until(`run ${runId} has ended`, isOver, { ms: RUN_MS, everyMs: 40 }).catch(error => {
      throw new Error(
        `${error.message}\n${Object.values(programs)
          .flatMap(p => p.lines)
          .join('\n')}`,
      )
    })
    return getRun(runId)
  }
  /** The single outcome of a run. */
  const outcomeOf = async (runId: string): Promise<JobOutcome> => {
    const { jobs, run } = await finished(runId)
    const [job] = jobs
    if (!job?.outcome || jobs.length !== 1) throw new Error(`run ${runId}: ${run.line}`)
    return job.outcome
  }
  const pointOf = async (runId: string): Promise<PointSummary> => {
    const outcome = await outcomeOf(runId)
    if (outcome.status !== 'backed-up') throw new Error(JSON.stringify(outcome))
    return outcome.point
  }

  const xapi = await openPool({
    url: pool.hosts[0]?.url ?? '',
    user: pool.user,
    password: pool.password,
    fingerprints: pool.hosts.map(({ certificateFingerprint }) => certificateFingerprint),
  })
  const call = (method: string, ...given: XapiValue[]) => xapi.call(method, given, z.unknown())

  const { database, disks } = pool.state
  /** The live disks of a VM: VDI UUIDs in the order of their slots. */
  const disksOf = (vmUuid: string): string[] =>
    database
      .get('VM', database.byUuid('VM', vmUuid))
      .VBDs.map(ref => database.get('VBD', ref))
      .filter(({ type }) => type === 'Disk')
      .sort((a, b) => Number(a.userdevice) - Number(b.userdevice))
      .map(({ VDI }) => database.get('VDI', VDI).uuid)

  /** What a backup could leave behind: snapshots, blocks, tasks, disks that are neither live nor a base, unfinished VMs. */
  const leftovers = (): string[] => {
    const found: string[] = []
    for (const vm of database.all('VM').values()) {
      if (vm.is_a_snapshot) found.push(`snapshot ${vm.name_label}`)
      if (/unfinished/.test(vm.name_label)) found.push(vm.name_label)
      if (Object.values(vm.blocked_operations).some(reason => /XenKeep/.test(reason)))
        found.push(`block on ${vm.name_label}`)
    }
    for (const vdi of database.all('VDI').values())
      if (vdi.is_a_snapshot && vdi.managed && vdi.type !== 'cbt_metadata')
        found.push(`disk ${vdi.name_label}`)
    for (const task of database.all('task').values())
      if (task.status === 'pending') found.push(`task ${task.name_label}`)
    return found
  }

  let poolClosed: Promise<void> | undefined
  const closePool = () => {
    poolClosed ??= pool.close()
    return poolClosed
  }

  const stop = async () => {
    await Promise.all(Object.values(programs).map(one => one.kill()))
    await xapi.close()
    await closePool()
    await site.remove()
    await files.remove()
  }

  try {
    beginAgent()
    await startControl()
    const listed = async () =>
      (await person.call('listVms')).items.length >= Object.keys(images).length
    if (!options.settings) await until('the VMs are listed', listed, { ms: 30_000, everyMs: 40 })
  } catch (error) {
    await stop()
    throw error
  }

  return {
    pool: pool as Pool,
    closePool,
    site,
    person,
    program,
    startControl,
    startAgent: beginAgent,
    start,
    finished,
    outcomeOf,
    pointOf,
    getRun,
    backup: async (vm: string) => pointOf(await start([vm])),
    restore: async (pointId: string, more: { newName?: string; start?: boolean } = {}) =>
      outcomeOf(
        await person
          .call('startRun', { body: { kind: 'restore', pointId, ...more } })
          .then(({ runId }) => runId),
      ),
    leftovers,
    /** Waits until nothing of a job is left on the pool: the settling comes after the answer. */
    clean: () =>
      until('nothing is left on the pool', () => leftovers().length === 0, { ms: 20_000 }).catch(
        () => {
          throw new Error(
            [`left on the pool: ${leftovers().join(', ')}`, ...program('agent').lines].join('\n'),
          )
        },
      ),
    disksOf,
    read: (vdiUuid: string) => disks.read(vdiUuid, 0, disks.size(vdiUuid)),
    /** As the guest would. */
    write: (vmUuid: string, disk: number, offset: number, bytes: Buffer) =>
      disks.write(disksOf(vmUuid)[disk] ?? '', offset, bytes),
    /** By a person, with the disks. */
    async destroyVm(vmUuid: string) {
      const ref = database.byUuid('VM', vmUuid)
      const vdis = disksOf(vmUuid).map(uuid => database.byUuid('VDI', uuid))
      await call('VM.hard_shutdown', ref)
      await call('VM.destroy', ref)
      for (const vdi of vdis) await call('VDI.destroy', vdi)
    },
    /** Any XAPI message, as an administrator of the pool. */
    call,
    stop,
  }
}
export type Machine = Awaited<ReturnType<typeof startMachine>>
