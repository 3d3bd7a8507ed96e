import { beforeEach, describe, expect, it } from 'vitest'
import { StoreFullError } from '#core/errors/store.ts'
import { NbdFailedError } from '#core/errors/xenserver.ts'
import { JobCancelledError } from '#gateway-agent/control/errors.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import type { DiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { backedUp, backupSpec, jobParts } from '#test/support/backup-job.ts'
import { CHUNK } from '#test/support/fake-pool.ts'
import { testContext } from '#test/support/job-context.ts'
import { pointContent } from '#test/support/point-content.ts'
import { type ProtectedVm, protectedVm } from '#test/support/protected-vm.ts'
import { flipBit } from '#test/support/repository/tamper.ts'

const SIZE = 4 * CHUNK

let fake: ProtectedVm['fake']
let store: ProtectedVm['store']
let made: ProtectedVm['made']
let vm: ProtectedVm['vm']

beforeEach(async () => {
  ;({ fake, store, made, vm } = await protectedVm({
    disks: random => [Buffer.from(random.bytes(SIZE)), new Uint8Array(SIZE)],
    options: { seed: 5 },
  }))
})

const backup = (jobId = made.jobId(), test = testContext()) =>
  backupVm({ ...jobParts(fake, made.repository, test), jobId, spec: backupSpec(fake, vm) })

/** A backup whose outcome was accepted. @returns its point */
const done = async (jobId?: string) => {
  const { outcome, settle } = await backup(jobId)
  await settle?.()
  return backedUp(outcome).point
}

const contentOf = (pointId: string) => pointContent(made.repository, vm, pointId)
const keys = (prefix: string) => [...store.objects.keys()].filter(key => key.startsWith(prefix))

describe('backup-vm', () => {
  it('makes a full point with every disk, and says why it is full', async () => {
    const point = await done()
    expect(point).toMatchObject({
      vmName: 'web01',
      consistency: 'crash',
      repositoryId: made.repository.id,
      bytesRead: 2 * SIZE,
    })
    expect(point.disks).toMatchObject([
      {
        userdevice: '0',
        incremental: false,
        reasons: [expect.stringMatching(/^Read in full, because this is the first recovery.*\.$/)],
      },
      { userdevice: '1', incremental: false },
    ])
    expect(fake.isClean()).toBe(true)
  })

  it('reads only what changed the next time, and both points give their own bytes back', async () => {
    const before = vm.disks[0]?.bytes.slice() ?? new Uint8Array()
    const first = await done()
    vm.disks[0]?.bytes.fill(7, 3 * CHUNK, 4 * CHUNK)
    const second = await done()
    expect(second.disks.map(disk => [disk.incremental, disk.bytesRead])).toEqual([
      [true, CHUNK],
      [true, 0],
    ])
    for (const [pointId, expected] of [
      [first.pointId, before],
      [second.pointId, vm.disks[0]?.bytes],
    ] as const)
      expect(Buffer.compare(await contentOf(pointId), expected ?? new Uint8Array())).toBe(0)
    expect(fake.isClean()).toBe(true)
  })

  it('reads again what was found damaged in the repository, although nothing changed, and heals older points', async () => {
    const content = vm.disks[0]?.bytes.slice() ?? new Uint8Array()
    const first = await done()
    const pack = keys('packs/')[0] as string
    flipBit(store, pack, 5000)
    const { findings } = await made.repository.check({ level: 2 })
    expect(findings.flatMap(({ affected }) => affected)).toMatchObject([{ length: CHUNK }])
    await expect(contentOf(first.pointId)).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' })

    const second = await done()
    expect(second.disks).toMatchObject([
      {
        incremental: true,
        bytesRead: CHUNK,
        reasons: [
          '1 MiB read again although unchanged, because they are damaged in the repository.',
        ],
      },
      { incremental: true, bytesRead: 0 },
    ])
    for (const { pointId } of [first, second])
      expect(Buffer.compare(await contentOf(pointId), content)).toBe(0)
    expect((await done()).bytesRead).toBe(0)
  })

  it('reads a disk in full whose map is lost', async () => {
    await done()
    // The first record is the map of one of the disks; which one, only their race tells.
    for (const key of keys('meta/')) flipBit(store, key, 150)
    await made.repository.check({ level: 1 })
    const point = await done()
    expect(point.disks.filter(({ incremental }) => !incremental)).toMatchObject([
      {
        bytesRead: SIZE,
        reasons: ['Read in full, because the last recovery point is damaged in the repository.'],
      },
    ])
    expect(Buffer.compare(await contentOf(point.pointId), vm.disks[0]?.bytes ?? Buffer.of())).toBe(
      0,
    )
  })

  it('does not fail over a map that nobody knew to be damaged: the disks are read in full', async () => {
    const first = await done()
    for (const key of keys('meta/')) flipBit(store, key, 150)
    const { outcome } = await backup()
    expect(outcome).toMatchObject({
      status: 'backed-up',
      notes: [expect.stringContaining(`${first.pointId} cannot serve as base: The object "meta/`)],
      point: { bytesRead: 2 * SIZE },
    })
  })

  it('tells what the object store grew by, to the byte', async () => {
    const size = () => [...store.objects.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
    const grown = async (): Promise<[told: number, measured: number]> => {
      const before = size()
      const { bytesStored } = await done()
      return [bytesStored, size() - before]
    }
    const full = await grown()
    vm.disks[0]?.bytes.fill(7, 0, 10)
    const increment = await grown()
    const unchanged = await grown()
    for (const [told, measured] of [full, increment, unchanged]) expect(told).toBe(measured)
    expect(full[0]).toBeGreaterThan(SIZE)
    expect(unchanged[0]).toBeGreaterThan(0)
  })

  it('reads nothing and stores next to nothing for an unchanged VM, again and again', async () => {
    await done()
    const read = fake.bytesRead()
    for (const point of [await done(), await done()]) {
      expect(point).toMatchObject({ bytesRead: 0, bytesNew: 0 })
      expect(point.bytesStored).toBeLessThan(10 * 1024)
    }
    expect(fake.bytesRead()).toBe(read)
    expect(keys('packs/').length + keys('meta/').length).toBe(keys('packs/').length + 1)
  })

  it('answers the same when the job is run again, without touching pool or disks', async () => {
    const jobId = made.jobId()
    const first = await backup(jobId)
    await first.settle?.()
    const read = fake.bytesRead()
    fake.trouble.snapshot = new Error('no snapshot must be taken')
    const again = await backup(jobId)
    expect(again.outcome).toEqual(first.outcome)
    expect(fake.bytesRead()).toBe(read)
  })

  it('keeps the snapshot until the outcome was accepted', async () => {
    const { settle } = await backup()
    expect(fake.snapshots.size).toBe(1)
    await settle?.()
    expect(fake.snapshots.size).toBe(0)
    expect([...fake.vdis.values()].every(({ hasData, baseOf }) => !hasData && baseOf)).toBe(true)
  })

  it('names no CBT base for a disk that is not tracked, and is full the next time with the reason', async () => {
    vm = fake.addVm('old', [Buffer.from(made.random.bytes(SIZE))], { cbt: false })
    await done()
    expect(fake.vdis.size).toBe(0)
    const point = await done()
    expect(point.disks[0]?.reasons.join()).toContain('without changed-block tracking')
  })

  it('tells of disks that are left out', async () => {
    if (vm.disks[1]) vm.disks[1].name = 'scratch [NOBAK]'
    const point = await done()
    expect(point.disks).toHaveLength(1)
    expect(point.skipped).toEqual([
      { vdiUuid: vm.disks[1]?.uuid, userdevice: '1', reason: 'its name says [NOBAK]' },
    ])
  })

  it('skips a VM that was deleted, and fails for one that never was', async () => {
    const point = await done()
    fake.vms.delete(vm.uuid)
    const { outcome } = await backup()
    expect(outcome).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining(point.pointId),
    })
    vm = { ...vm, uuid: '00000000-0000-4000-8000-ffffffffffff' }
    await expect(backup()).rejects.toMatchObject({ code: 'VM_NOT_FOUND' })
  })

  it('takes an older point as base when the newest cannot be read, and says so', async () => {
    await done()
    const second = await done()
    const key = keys('points/').find(name => name.endsWith(second.pointId)) ?? ''
    store.objects.get(key)?.bytes.fill(0, 60, 70)
    const { outcome } = await backup()
    expect(outcome).toMatchObject({
      status: 'backed-up',
      notes: [expect.stringContaining(second.pointId)],
    })
  })

  it('reads in full when a pack of the base is damaged, and says so', async () => {
    const first = await done()
    for (const key of keys('packs/')) {
      const object = store.objects.get(key)
      if (object) object.bytes = object.bytes.subarray(0, 100)
    }
    for (const key of keys('index/')) store.objects.delete(key)
    made = { ...made, repository: await made.reopen() }
    const { outcome } = await backup()
    expect(outcome).toMatchObject({
      status: 'backed-up',
      notes: [expect.stringContaining(first.pointId)],
      point: { bytesRead: 2 * SIZE },
    })
  })

  it.each([
    ['the disk cannot be read', () => new NbdFailedError('10.0.0.1', 'closed'), 'NBD_FAILED'],
    ['the repository is full', () => new StoreFullError('file:/b'), 'STORE_FULL'],
  ])('leaves nothing behind when %s', async (_, error, code) => {
    fake.trouble.readAt = { bytes: 3 * CHUNK, error }
    await expect(backup()).rejects.toMatchObject({ code })
    expect(fake.snapshots.size + fake.vdis.size + fake.blocked.size).toBe(0)
    expect(keys('points/')).toEqual([])
  })

  it('leaves nothing behind when it is cancelled in mid-read', async () => {
    const test = testContext()
    fake.trouble.readAt = {
      bytes: 2 * CHUNK,
      error: () => {
        test.abort(new JobCancelledError())
        return new Error('socket closed')
      },
    }
    await expect(backup(undefined, test)).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    expect(fake.snapshots.size + fake.vdis.size + fake.blocked.size).toBe(0)
  })

  it('tells its progress in bytes', async () => {
    const test = testContext()
    await backup(undefined, test)
    expect(test.progress).toMatchObject({
      bytesTotal: 2 * SIZE,
      bytesDone: 2 * SIZE,
      bytesRead: 2 * SIZE,
    })
    expect(test.progress.bytesStored).toBeGreaterThan(SIZE)
    expect(test.phases).toContain('taking a snapshot')
  })
})

it('does not wait for the places of its other disks when one disk has failed', async () => {
  fake.trouble.readAt = { bytes: CHUNK, error: () => new StoreFullError('memory:') }
  let places = 1
  const gate: DiskGate = (work, { signal } = {}) =>
    places-- > 0
      ? work()
      : new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
        })
  const failing = backupVm({
    ...{ ...jobParts(fake, made.repository), gate },
    ...{ jobId: made.jobId(), spec: backupSpec(fake, vm) },
  })
  await expect(failing).rejects.toMatchObject({ code: 'STORE_FULL' })
  expect(fake.isClean()).toBe(true)
})
