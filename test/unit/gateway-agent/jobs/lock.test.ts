import { describe, expect, it } from 'vitest'
import { type MemoryStoreOptions, memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import { reconcilePoints } from '#gateway-agent/jobs/reconcile.ts'
import { backedUp, backupSpec, jobParts } from '#test/support/backup-job.ts'
import { createFakeControl } from '#test/support/fake-control.ts'
import { CHUNK } from '#test/support/fake-pool.ts'
import { memoryLog } from '#test/support/patience.ts'
import { protectedVm } from '#test/support/protected-vm.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

const DAY = 24 * 60 * 60 * 1000
const GOVERNANCE: LockPolicy = { mode: 'governance', days: 30 }

const world = async (options: MemoryStoreOptions = {}) => {
  const clock = frozenClock()
  const store = memoryObjectStore({ clock, ...options })
  const { fake, made, vm } = await protectedVm({
    disks: random => [random.bytes(2 * CHUNK)],
    store,
  })
  const { repository, jobId } = made
  const backup = (lock?: LockPolicy) =>
    backupVm({
      ...jobParts(fake, repository),
      jobId: jobId(),
      spec: { ...backupSpec(fake, vm), lock },
    })
  const pointOf = async (lock?: LockPolicy) => {
    const { outcome, settle } = await backup(lock)
    await settle?.()
    return backedUp(outcome).point
  }
  return { clock, store, repository, fake, backup, pointOf }
}

describe('the lock that a policy asks for', () => {
  it('holds for every object that the point needs, and is told as the store shows it', async () => {
    const { clock, store, pointOf } = await world()
    const { lock } = await pointOf(GOVERNANCE)
    expect(lock).toMatchObject({ mode: 'governance' })
    expect(lock?.until).toBeGreaterThanOrEqual(clock.time + 30 * DAY)
    for (const prefix of ['packs/', 'meta/', 'points/', 'keys/', 'repo/'])
      for (const key of keysOf(store, prefix))
        expect((await store.retention(key))?.until).toBeGreaterThanOrEqual(lock?.until ?? 0)
  })

  it('is not there where none is asked for', async () => {
    expect((await (await world()).pointOf()).lock).toBeNull()
  })

  it('brings a lost catalog the same answer', async () => {
    const { repository, pointOf } = await world()
    const { lock } = await pointOf(GOVERNANCE)
    const control = createFakeControl()
    await reconcilePoints({
      client: control.client,
      repository,
      repositoryId: repository.id,
      log: memoryLog(),
      signal: new AbortController().signal,
    })
    const [told] = control.points.values()
    expect(told?.lock).toMatchObject({ mode: lock?.mode, until: lock?.until })
  })

  it.each([
    ['unsupported', 'LOCK_UNSUPPORTED', /cannot lock objects: Object Lock is not enabled\.$/],
    ['forgotten', 'LOCK_NOT_KEPT', /\.$/],
  ] as const)('fails the job on a store that keeps none: %s', async (locks, code, sentence) => {
    const { repository, fake, backup } = await world({ locks })
    await expect(backup(GOVERNANCE)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(sentence),
    })
    expect(await Array.fromAsync(repository.points())).toEqual([])
    expect(fake.isClean()).toBe(true)
    expect(fake.snapshotsTaken()).toBe(0)
  })
})
