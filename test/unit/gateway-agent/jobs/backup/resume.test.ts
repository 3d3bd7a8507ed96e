import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#adapters/system/clock.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import {
  AgentStoppingError,
  JobCancelledError,
  LeaseLostError,
} from '#gateway-agent/control/errors.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { createPerform } from '#gateway-agent/jobs/perform.ts'
import { limits } from '#gateway-agent/limits.ts'
import type { Repository } from '#repository/index.ts'
import { backedUp, backupSpec, jobParts } from '#test/support/backup-job.ts'
import { createFakeControl, GATEWAY } from '#test/support/fake-control.ts'
import { CHUNK } from '#test/support/fake-pool.ts'
import { testContext } from '#test/support/job-context.ts'
import { impatience, memoryLog } from '#test/support/patience.ts'
import { pointContent } from '#test/support/point-content.ts'
import { type ProtectedVm, protectedVm } from '#test/support/protected-vm.ts'
import { storageOf } from '#test/support/storage-access.ts'

const SIZE = 16 * CHUNK
/** One chunk in a pack, one pack in a checkpoint. */
const TUNING = {
  packTarget: CHUNK,
  checkpointBytes: CHUNK,
  packsAhead: 1,
  chunksAtWork: 1,
}

let fake: ProtectedVm['fake']
let store: ProtectedVm['store']
let made: ProtectedVm['made']
let vm: ProtectedVm['vm']
let jobId: string

beforeEach(async () => {
  ;({ fake, store, made, vm } = await protectedVm({
    disks: () => [randomBytes(SIZE)],
    options: { tuning: TUNING },
  }))
  jobId = made.jobId()
})

const open = (on: ObjectStore = store) => made.reopen({ store: on, tuning: TUNING })

const attempt = (repository: Repository, test = testContext()) =>
  backupVm({
    ...jobParts(fake, repository, test),
    jobId,
    spec: backupSpec(fake, vm),
    goesOn: () => true,
  })

/** As a process that is killed: from the PUT of this number on nothing comes through any more, and nothing is cleaned up. */
const killedAt = async (put: number) => {
  let puts = 0
  const death: StoreFault = {
    on: 'put',
    times: Number.POSITIVE_INFINITY,
    before: () => {
      if (++puts > put) throw new StoreUnavailableError('answer: killed')
    },
  }
  const repository = await open(faulty(store, [death]))
  await expect(attempt(repository)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await repository.close()
}

const bytesBack = async (pointId: string) => pointContent(await open(), vm, pointId)

describe('a backup that was cut off', () => {
  it('goes on with its own snapshot, reads the rest, and says so', async () => {
    const before = Buffer.from(vm.disks[0]?.bytes ?? [])
    await killedAt(20)
    const [snapshot] = fake.snapshots.keys()
    const read = fake.bytesRead()
    expect(read).toBeGreaterThan(8 * CHUNK)
    vm.disks[0]?.bytes.fill(9) // the guest goes on, its snapshot does not
    const test = testContext()
    const { outcome, settle } = await attempt(await open(), test)
    expect([...fake.snapshots.keys()]).toEqual([snapshot])
    await settle?.()
    expect(fake.bytesRead()).toBeLessThan(SIZE + 8 * CHUNK)
    expect(test.progress).toMatchObject({ bytesTotal: SIZE, bytesDone: SIZE })
    expect(test.progress.bytesResumed).toBe(SIZE - (fake.bytesRead() - read))
    expect(backedUp(outcome).notes).toEqual([
      expect.stringMatching(
        /^Went on from 0\.01 GiB of 0\.02 GiB after an earlier attempt was cut off, as by a restart of the agent\.$/,
      ),
    ])
    expect((await bytesBack(jobId)).equals(before)).toBe(true)
    expect(fake.isClean()).toBe(true)
  })

  it('begins anew where its snapshot cannot be used, says why, and leaves nothing', async () => {
    await killedAt(20)
    const [first] = fake.snapshots.keys()
    fake.trouble.unusable = 'the VM has other disks than when it was taken'
    const { outcome, settle } = await attempt(await open())
    expect([...fake.snapshots.keys()]).not.toContain(first)
    await settle?.()
    expect(outcome).toMatchObject({
      notes: [
        'The snapshot of an earlier attempt was not gone on with, because the VM has other disks than when it was taken; this backup began anew.',
      ],
      point: { bytesRead: SIZE },
    })
    expect(fake.isClean()).toBe(true)
  })

  it('reads everything again from another snapshot', async () => {
    await killedAt(20)
    const read = fake.bytesRead()
    await fake.pool.removeOurs(await fake.pool.listOurs(made.repository.id.slice(0, 12)))
    vm.disks[0]?.bytes.fill(9, 0, CHUNK)
    const { outcome } = await attempt(await open())
    expect(outcome).toMatchObject({ notes: [] })
    expect(fake.bytesRead() - read).toBe(SIZE)
    expect((await bytesBack(jobId)).equals(Buffer.from(vm.disks[0]?.bytes ?? []))).toBe(true)
  })

  it('is cut off again and again, wherever, and still makes its point', async () => {
    for (const put of [0, 2, 4, 6, 8]) await killedAt(put)
    const { outcome, settle } = await attempt(await open())
    await settle?.()
    expect(outcome.status).toBe('backed-up')
    expect(fake.bytesRead()).toBeLessThan(SIZE + 5 * 8 * CHUNK)
    expect((await bytesBack(jobId)).equals(Buffer.from(vm.disks[0]?.bytes ?? []))).toBe(true)
    expect((await (await open()).check({ level: 2 })).findings).toEqual([])
    expect(fake.isClean()).toBe(true)
  })
})

describe('what is performed', () => {
  const perform = (repository: Repository, log = memoryLog()) =>
    createPerform({
      client: createFakeControl().client,
      gatewayId: () => GATEWAY,
      pools: { use: async () => fake.pool },
      repositories: { open: async () => repository },
      maintenanceStore: async () => repository.store as MaintenanceStore,
      storage: storageOf(createFakeControl().client, log, GATEWAY),
      gate: createDiskGate(2),
      running: new Map(),
      clock: systemClock,
      bootScripts: {},
      patience: impatience,
      random: () => 0.5,
      log,
    })
  const job = () => ({ jobId, runId: jobId, epoch: 1, leaseUntil: 0, spec: backupSpec(fake, vm) })
  const away = (times: number): StoreFault => ({
    on: 'put',
    key: /^packs\//,
    skip: 8,
    times,
    instead: new StoreUnavailableError('answer: connection refused'),
  })

  it('waits for a store that is away and goes on where it was', async () => {
    const test = testContext()
    const { outcome, settle } = await perform(await open(faulty(store, [away(1)])))(
      job(),
      test.context,
    )
    await settle?.()
    expect(test.phases).toContainEqual(expect.stringMatching(/^waiting to go on: .*answer/))
    expect(backedUp(outcome).notes).toEqual([
      expect.stringMatching(/^Went on from 0\.01 GiB of 0\.02 GiB after .*connection refused.*\.$/),
    ])
    expect(fake.bytesRead()).toBeLessThan(SIZE + 8 * CHUNK)
    expect(fake.isClean()).toBe(true)
  })

  it('fails when the store does not come back, and leaves nothing', async () => {
    const log = memoryLog()
    const repository = await open(faulty(store, [away(Number.POSITIVE_INFINITY)]))
    await expect(perform(repository, log)(job(), testContext().context)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    expect(log.lines.filter(line => line.includes('goes on in'))).toHaveLength(
      limits.goOnAfterMs.length,
    )
    expect(fake.isClean()).toBe(true)
  })

  it.each([
    ['cancelled', new JobCancelledError(), false],
    ['stopped after little was read', new AgentStoppingError(), false],
    ['given to another gateway', new LeaseLostError(undefined), true],
  ])('when %s', async (_, reason, stays) => {
    const test = testContext()
    fake.trouble.readAt = {
      bytes: 8 * CHUNK,
      error: () => {
        test.abort(reason)
        return reason
      },
    }
    await expect(perform(await open())(job(), test.context)).rejects.toBe(reason)
    expect(fake.snapshots.size).toBe(stays ? 1 : 0)
    expect(fake.isClean()).toBe(!stays)
  })
})
