import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Client, createClient } from '#core/contracts/client.ts'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { XapiValue } from '#gateway-agent/xapi/api.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import type { Pool, PoolOptions } from '#sim/pool.ts'
import { until } from './patience.ts'
import { type Images, poolOfImages } from './pool-of-images.ts'
import { disksOf, leftoversOn } from './pool-state.ts'
import { makeSite, type Program, type SiteOptions, startAgent, startProgram } from './site.ts'

export const MiB = 1024 * 1024
const RUN_MS = 60_000

export interface MachineOptions extends PoolOptions, Pick<SiteOptions, 'settings' | 'gateway'> {
  /** More pools that the gateway serves; closed with the machine. */
  morePools?: readonly Pool[]
  /** Another main module than the agent's own: see `startAgent`. */
  agentMain?: string
}

/**
 * One machine beside one simulated pool: control plane and agent are processes of their own, to be killed at will. The pool
 * runs here, so that a test can look at what it holds and write as its guests would.
 *
 * @param images disks of each VM, by name
 */
export const startMachine = async (
  images: Images,
  { settings, gateway, morePools = [], agentMain, ...options }: MachineOptions = {},
) => {
  const pool = await poolOfImages(images, options)
  const site = await makeSite(pool, {
    ...(settings && { settings }),
    ...(gateway && { gateway }),
    morePools,
  })
  const programs: { control?: Program; agent?: Program } = {}

  const startControl = async () => {
    programs.control = startProgram('local/main.ts', ['--data', site.dataDir])
    await programs.control.says(/"listening"/)
  }
  const beginAgent = () => {
    programs.agent = startAgent(site, agentMain)
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
  const left = () => [pool, ...morePools].flatMap(leftoversOn)
  const stop = async () => {
    await Promise.all(Object.values(programs).map(one => one.kill()))
    await xapi.close()
    for (const one of [pool, ...morePools]) await one.close()
    await site.remove()
  }

  try {
    beginAgent()
    await startControl()
    const listed = async () =>
      (await person.call('listVms')).items.length >=
      [pool, ...morePools].reduce((sum, { vms }) => sum + Object.keys(vms).length, 0)
    if (!settings) await until('the VMs are listed', listed, { ms: RUN_MS, everyMs: 40 })
  } catch (error) {
    await stop()
    throw error
  }

  return {
    pool,
    closePool: pool.close,
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
    leftovers: () => leftoversOn(pool),
    /** Waits until nothing of a job is left on the pool: the settling comes after the answer. */
    clean: () =>
      until('nothing is left on the pools', () => left().length === 0, { ms: 20_000 }).catch(() => {
        throw new Error(
          [`left on the pools: ${left().join(', ')}`, ...program('agent').lines].join('\n'),
        )
      }),
    disksOf: (vmUuid: string) => disksOf(pool, vmUuid),
    read: (vdiUuid: string) => disks.read(vdiUuid, 0, disks.size(vdiUuid)),
    /** As the guest would. */
    write: (vmUuid: string, disk: number, offset: number, bytes: Buffer) =>
      disks.write(disksOf(pool, vmUuid)[disk] ?? '', offset, bytes),
    /** By a person, with the disks. */
    async destroyVm(vmUuid: string) {
      const ref = database.byUuid('VM', vmUuid)
      const vdis = disksOf(pool, vmUuid).map(uuid => database.byUuid('VDI', uuid))
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
