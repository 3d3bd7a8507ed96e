import { beforeEach, describe, expect, it } from 'vitest'
import type { PointSummary } from '#core/contracts/points.ts'
import { ownerOf } from '#core/points/marks.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import { removeLeftovers } from '#gateway-agent/jobs/leftovers.ts'
import type { AskOpenJobs } from '#gateway-agent/jobs/open-jobs.ts'
import { reconcilePoints } from '#gateway-agent/jobs/reconcile.ts'
import { backedUp, backupSpec, jobParts } from '#test/support/backup-job.ts'
import { createFakeControl } from '#test/support/fake-control.ts'
import { CHUNK } from '#test/support/fake-pool.ts'
import { memoryLog } from '#test/support/patience.ts'
import { type ProtectedVm, protectedVm } from '#test/support/protected-vm.ts'

let fake: ProtectedVm['fake']
let store: ProtectedVm['store']
let made: ProtectedVm['made']
let vm: ProtectedVm['vm']

beforeEach(async () => {
  ;({ fake, store, made, vm } = await protectedVm({
    disks: random => [Buffer.from(random.bytes(CHUNK))],
    options: { seed: 7 },
  }))
})

/** A committed backup that is not settled yet, as a crash right after the commit leaves it. */
const committed = async (): Promise<PointSummary & { settle: () => Promise<void> }> => {
  const { outcome, settle } = await backupVm({
    ...jobParts(fake, made.repository),
    jobId: made.jobId(),
    spec: backupSpec(fake, vm),
  })
  return { ...backedUp(outcome).point, settle: settle ?? (async () => undefined) }
}

/** What a job leaves that died before its commit. */
const snapshotted = async (jobId = made.jobId()): Promise<void> => {
  await fake.pool.snapshotVm({
    vmUuid: vm.uuid,
    jobId,
    owner: ownerOf(made.repository.id),
    signal: new AbortController().signal,
  })
}

const sweep = (
  isRunning: (jobId: string) => boolean = () => false,
  openJobs: AskOpenJobs = async () => ({ open: [], elsewhere: [] }),
) =>
  removeLeftovers({
    pool: fake.pool,
    repository: made.repository,
    isRunning,
    openJobs,
    log: memoryLog(),
  })

describe('the removal of leftovers', () => {
  it('removes the snapshot, the block and the disks of a job that died before its commit', async () => {
    await snapshotted()
    await sweep()
    expect(fake.snapshots.size + fake.vdis.size + fake.blocked.size).toBe(0)
  })

  it('finishes what a job that died after its commit had left to do', async () => {
    await committed()
    expect(fake.snapshots.size).toBe(1)
    await sweep()
    expect([...fake.vdis.values()]).toMatchObject([{ baseOf: vm.uuid, hasData: false }])
    expect(fake.isClean()).toBe(true)
    const next = await committed()
    expect(next.disks[0]).toMatchObject({ incremental: true, bytesRead: 0 })
  })

  it('keeps only the base of the newest point', async () => {
    await (await committed()).settle()
    await (await committed()).settle()
    expect(fake.vdis.size).toBe(2)
    await sweep()
    expect(fake.vdis.size).toBe(1)
    expect((await committed()).disks[0]).toMatchObject({ incremental: true })
  })

  it('leaves alone what a running job holds', async () => {
    const jobId = made.jobId()
    await snapshotted(jobId)
    await sweep(id => id === jobId)
    expect(fake.snapshots.size).toBe(1)
    expect(fake.blocked.size).toBe(1)
  })

  it('leaves the snapshot of a job that is not over, and says that it did', async () => {
    const jobId = made.jobId()
    await snapshotted(jobId)
    const asked: string[][] = []
    const isOpen = async (jobIds: string[]) => {
      asked.push(jobIds)
      return { open: jobIds, elsewhere: [] }
    }
    expect(await sweep(() => false, isOpen)).toBe(true)
    expect(asked).toEqual([[jobId]])
    expect([fake.snapshots.size, fake.vdis.size, fake.blocked.size]).toEqual([1, 1, 1])
    expect(await sweep()).toBe(false)
    expect(fake.isClean()).toBe(true)
  })

  it('removes the half of a VM that a restore left', async () => {
    await fake.pool.createVm({
      metadata: await fake.pool.readVmMetadata(vm.uuid),
      newName: 'half',
      jobId: made.jobId(),
      owner: ownerOf(made.repository.id),
      signal: new AbortController().signal,
    })
    await sweep()
    expect(fake.restored.size).toBe(0)
    expect(fake.vms.has(vm.uuid)).toBe(true)
  })

  it('removes nothing while the repository cannot tell which disks are bases', async () => {
    await committed()
    const away = new Error('the store is away')
    await expect(
      removeLeftovers({
        pool: fake.pool,
        repository: {
          id: made.repository.id,
          points: async function* () {
            yield* []
            throw away
          },
          readPoint: made.repository.readPoint.bind(made.repository),
        },
        isRunning: () => false,
        openJobs: async () => ({ open: [], elsewhere: [] }),
        log: memoryLog(),
      }),
    ).rejects.toBe(away)
    expect(fake.vdis.size).toBe(1)
  })
})

describe('reconciling points', () => {
  it('brings a lost catalog back from the repository, once, and leaves damaged points out', async () => {
    const control = createFakeControl()
    const first = await committed()
    const second = await committed()
    const key = [...store.objects.keys()].find(name => name.endsWith(second.pointId)) ?? ''
    store.objects.get(key)?.bytes.fill(0, 60, 70)
    const log = memoryLog()
    const reconcile = () =>
      reconcilePoints({
        client: control.client,
        repository: made.repository,
        repositoryId: made.repository.id,
        log,
        signal: new AbortController().signal,
      })
    expect(await reconcile()).toBe(1)
    const { settle: _, ...summary } = first
    expect([...control.points.values()]).toEqual([summary])
    expect(log.lines.join()).toContain(second.pointId)
    expect(await reconcile()).toBe(0)
  })
})
