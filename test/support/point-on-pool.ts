import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { Method } from '#core/contracts/methods.ts'
import type { RestoreVmSpec, RestoreWishes } from '#core/contracts/restore.ts'
import type { RestoreNewDisksSpec } from '#core/contracts/restore-new-disks.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import { createDiskGate, type DiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import type { Pool } from '#gateway-agent/jobs/pool.ts'
import { restoreNewDisks } from '#gateway-agent/jobs/restore/restore-new-disks.ts'
import { restoreVm } from '#gateway-agent/jobs/restore/restore-vm.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { Repository } from '#repository/index.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { testContext } from './job-context.ts'
import { memoryLog } from './patience.ts'
import { type ClientOnPool, clientOnPool } from './pool-client.ts'
import { newRepository } from './repository/open.ts'

export const MIB = 1024 * 1024
let jobs = 0
/** A ULID that no job of this process has had. */
export const nextJob = (): string => `01JDA000000000000000${String(++jobs).padStart(6, '0')}`

export interface PointOnPool extends AsyncDisposable {
  client: ClientOnPool
  pool: Pool
  repository: Repository
  /** UUID of the VM "web" that the point is of. */
  vmUuid: string
  pointId: string
  owner: string
  /** Restores the point; `more` reaches into the spec and the context. */
  restore(
    wishes?: RestoreWishes,
    more?: Partial<RestoreVmSpec> & {
      jobId?: string
      test?: ReturnType<typeof testContext>
      /** Whatever fails, nothing is undone: as if the agent had been killed there. */
      killed?: boolean
      /** The agent that does it, where it is another than the one that looks on. */
      agent?: Pool
      /** The day of the restore, ms since 1970: today. */
      now?: number
    },
  ): ReturnType<typeof restoreVm>
  /** Restores single disks of it as new ones. */
  restoreDisks(
    wishes: RestoreNewDisksSpec['wishes'],
    more?: Partial<RestoreNewDisksSpec> & {
      jobId?: string
      test?: ReturnType<typeof testContext>
      agent?: Pool
      gate?: DiskGate
    },
  ): ReturnType<typeof restoreNewDisks>
}

/**
 * The agent on a simulated pool with one VM, "web", that has been backed up once to a repository in memory.
 * @param before what is done to the VM before its backup
 * @param method how it is backed up
 */
export const pointOnPool = async (
  disks: Buffer[],
  options: PoolOptions = {},
  before: (client: ClientOnPool, vmUuid: string) => Promise<void> = async () => {},
  method: Method = 'normal',
): Promise<PointOnPool> => {
  const client = await clientOnPool({ web: disks }, { running: false, ...options })
  const vmUuid = client.pool.vms.web as string
  await before(client, vmUuid)
  const { repository } = await newRepository(memoryObjectStore())
  const pool = poolOfXapi(client.xapi)
  const log = memoryLog()
  const gate = createDiskGate(4)
  const target = { poolUuid: pool.uuid, vmUuid, vmName: 'web' }
  const pointId = nextJob()
  const { outcome, settle } = await backupVm({
    ...{ jobId: pointId, pool, repository, gate, log, context: testContext().context },
    spec: { kind: 'backup-vm', ...target, method },
  })
  if (outcome.status !== 'backed-up') throw new Error(`it was ${outcome.status}`)
  await settle?.()
  return {
    ...{ client, pool, repository, vmUuid, pointId, owner: repository.id.slice(0, 12) },
    restore(
      wishes,
      {
        jobId = nextJob(),
        test = testContext(),
        killed,
        agent = pool,
        now = Date.now(),
        ...more
      } = {},
    ) {
      const spec: RestoreVmSpec = {
        ...{ kind: 'restore-vm', ...target, pointId, newName: 'web again', start: false },
        ...(wishes && { wishes }),
        ...more,
      }
      return restoreVm({
        jobId,
        spec,
        pool: killed ? neverUndone(agent) : agent,
        repository,
        gate,
        log,
        context: test.context,
        clock: { now: () => now },
      })
    },
    restoreDisks(wishes, given = {}) {
      const { jobId = nextJob(), test = testContext(), agent = pool, gate: own, ...more } = given
      const spec = { kind: 'restore-new-disks' as const, ...target, pointId, wishes, ...more }
      return restoreNewDisks({
        ...{ jobId, spec, pool: agent, repository, log, context: test.context },
        gate: own ?? gate,
      })
    },
    async [Symbol.asyncDispose]() {
      await repository.close()
      await client[Symbol.asyncDispose]()
    },
  }
}

const neverUndone = (pool: Pool): Pool => ({
  ...pool,
  createVm: async options =>
    new Proxy(await pool.createVm(options), {
      get: (vm, name) => (name === 'discard' ? async () => [] : Reflect.get(vm, name)),
    }),
  overwriteVm: async options => ({
    ...(await pool.overwriteVm(options)),
    finish: async () => {
      throw new Error('killed')
    },
    putBack: async () => [],
  }),
})
