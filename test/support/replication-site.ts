import { expect } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import type { FailBackSpec } from '#core/contracts/fail-back.ts'
import { JobOutcome } from '#core/contracts/jobs.ts'
import type { ReplicateSpec } from '#core/contracts/replication.ts'
import { ownerOf } from '#core/points/marks.ts'
import { removeLeftovers } from '#gateway-agent/jobs/leftovers.ts'
import { failBack as failBackJob } from '#gateway-agent/jobs/replication/fail-back.ts'
import { failover } from '#gateway-agent/jobs/replication/failover.ts'
import { replicate } from '#gateway-agent/jobs/replication/replicate.ts'
import { testContext } from './job-context.ts'
import { memoryLog } from './patience.ts'
import { agentOnPool } from './repository/agent-on-pool.ts'
import { newRepository } from './repository/open.ts'

const MiB = 1024 * 1024
export const STANDBY_SIZE = 12 * MiB

/** A VM "db" in one pool, its repository, and another pool that gets its standby. */
export const replicationSite = async ({ contentMiB = 1 } = {}) => {
  const store = memoryObjectStore()
  const made = await newRepository(store)
  const image = Buffer.alloc(STANDBY_SIZE)
  Buffer.from(made.random.bytes(contentMiB * MiB)).copy(image, MiB)
  const timing = { dom0Linger: 2, eventBatching: 1 }
  const [origin, target] = await Promise.all([
    agentOnPool({ db: [image] }, { timing }),
    agentOnPool({ other: [Buffer.alloc(MiB, 1)] }, { timing }),
  ])
  const replicaId = made.jobId()
  const ids = () => ({
    poolUuid: target.pool.uuid,
    vmUuid: origin.uuidOf('db'),
    vmName: 'db',
    replicaId,
  })
  const backUp = async () =>
    (await origin.backUp('db', { jobId: made.jobId(), repository: made.repository })).pointId

  const round = async (
    more: Partial<ReplicateSpec> = {},
    { test = testContext(), jobId = made.jobId() } = {},
  ) => {
    const { outcome } = await replicate({
      ...target.jobOf(jobId, made.repository, test),
      clock: systemClock,
      spec: { kind: 'replicate', ...ids(), networks: {}, keep: 2, prove: false, ...more },
    })
    JobOutcome.parse(outcome)
    if (outcome.status !== 'replicated') throw new Error(outcome.status)
    return outcome.report
  }
  const failOver = async (more: { pointId?: string; start?: boolean } = {}) => {
    const { outcome } = await failover({
      ...target.jobOf(made.jobId(), made.repository),
      spec: { kind: 'failover', ...ids(), start: true, ...more },
    })
    JobOutcome.parse(outcome)
    if (outcome.status !== 'failed-over') throw new Error(outcome.status)
    return outcome.report
  }

  /** Backs up the standby, which is off, and brings what it holds back to the origin. */
  const failBack = async (
    standbyUuid: string,
    heldPointId: string,
    more: Partial<FailBackSpec> = {},
    { test = testContext(), jobId = made.jobId() } = {},
  ) => {
    const { pointId } = await target.backUp(standbyUuid as 'other', {
      jobId: made.jobId(),
      repository: made.repository,
    })
    const { outcome } = await failBackJob({
      ...origin.jobOf(jobId, made.repository, test),
      spec: {
        kind: 'fail-back',
        poolUuid: origin.pool.uuid,
        vmUuid: standbyUuid,
        vmName: 'db',
        pointId,
        originUuid: origin.uuidOf('db'),
        heldPointId,
        full: false,
        overwrite: false,
        ...more,
      },
    })
    JobOutcome.parse(outcome)
    if (outcome.status !== 'restored') throw new Error(outcome.status)
    return outcome.report
  }

  const vmOf = (uuid: string) => {
    const { database } = target.client.pool.state
    return database.get('VM', database.byUuid('VM', uuid))
  }
  const sweep = () =>
    removeLeftovers({
      pool: target.pool,
      repository: made.repository,
      isRunning: () => false,
      openJobs: async () => ({ open: [], elsewhere: [] }),
      log: memoryLog(),
    })
  const expectHolds = async (standbyUuid: string, images = origin.imagesOf('db')) => {
    const disks = await target.readVm(standbyUuid)
    expect(disks.map((disk, i) => disk.equals(images[i] ?? Buffer.alloc(0)))).toEqual(
      images.map(() => true),
    )
  }
  /** Snapshots and disks beside those of the standby itself. */
  const disksOfPool = () => target.client.pool.state.database.all('VDI').size

  return {
    origin,
    target,
    store,
    made,
    replicaId,
    ids,
    backUp,
    round,
    failOver,
    failBack,
    vmOf,
    sweep,
    expectHolds,
    disksOfPool,
    standby: () => target.pool.standbys.find(replicaId, ownerOf(made.repository.id)),
    async [Symbol.asyncDispose]() {
      await origin[Symbol.asyncDispose]()
      await target[Symbol.asyncDispose]()
    },
  }
}
