import { beforeEach, describe, expect, it } from 'vitest'
import { JobOutcome } from '#core/contracts/jobs.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import { JobCancelledError } from '#gateway-agent/control/errors.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import type { DiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { restoreVm } from '#gateway-agent/jobs/restore/restore-vm.ts'
import type { Repository } from '#repository/index.ts'
import { backupSpec, jobParts, targetOf } from '#test/support/backup-job.ts'
import { CHUNK } from '#test/support/fake-pool.ts'
import { testContext } from '#test/support/job-context.ts'
import { type ProtectedVm, protectedVm } from '#test/support/protected-vm.ts'

const SIZE = 4 * CHUNK + 512 // the last chunk is a short one

let fake: ProtectedVm['fake']
let store: ProtectedVm['store']
let made: ProtectedVm['made']
let vm: ProtectedVm['vm']
let pointId: string

beforeEach(async () => {
  ;({ fake, store, made, vm } = await protectedVm({
    name: 'db01',
    disks: random => {
      const image = Buffer.from(random.bytes(SIZE))
      image.fill(0, CHUNK, 3 * CHUNK)
      return [image, new Uint8Array(SIZE)]
    },
    options: { seed: 6 },
  }))
  pointId = made.jobId()
  const { settle } = await backupVm({
    ...jobParts(fake, made.repository),
    jobId: pointId,
    spec: backupSpec(fake, vm),
  })
  await settle?.()
})

const restore = (
  more: { jobId?: string; start?: boolean; pointId?: string; repository?: Repository } = {},
  test = testContext(),
) =>
  restoreVm({
    ...jobParts(fake, more.repository ?? made.repository, test),
    jobId: more.jobId ?? made.jobId(),
    spec: {
      kind: 'restore-vm',
      ...targetOf(fake, vm),
      pointId: more.pointId ?? pointId,
      newName: 'db01 back',
      start: more.start ?? false,
    },
  })

describe('restore-vm', () => {
  it('writes every byte, proves it by the root hash, and reports', async () => {
    const test = testContext()
    const { outcome } = await restore({ start: true }, test)
    expect(JobOutcome.safeParse(outcome).error).toBeUndefined()
    if (outcome.status !== 'restored') throw new Error(outcome.status)
    const { report } = outcome
    expect(report).toMatchObject({ newName: 'db01 back', started: true, bytesWritten: 2 * SIZE })
    expect(report.notes).toContain('It has new MAC addresses.')
    expect(test.progress).toMatchObject({ bytesTotal: 2 * SIZE, bytesDone: 2 * SIZE })
    const written = fake.restored.get(report.newVmUuid)
    for (const { userdevice, bytes } of vm.disks)
      expect(Buffer.compare(written?.disks.get(userdevice) ?? Buffer.alloc(0), bytes)).toBe(0)
  })

  it('answers the same VM when the job is run again after the VM was finished', async () => {
    const jobId = made.jobId()
    const first = await restore({ jobId })
    const again = await restore({ jobId, start: true })
    expect(fake.restored.size).toBe(1)
    expect([...fake.restored.values()][0]?.running).toBe(true) // the start was still to be done
    if (first.outcome.status !== 'restored' || again.outcome.status !== 'restored')
      throw new Error('not restored')
    const { newVmUuid, bytesWritten, disks } = first.outcome.report
    expect(again.outcome.report).toMatchObject({
      newVmUuid,
      bytesWritten,
      disks: disks.map(({ rootHash, size, userdevice }) => ({ rootHash, size, userdevice })),
    })
  })

  it('fails for a point that is not there', async () => {
    await expect(restore({ pointId: made.jobId() })).rejects.toMatchObject({
      code: 'POINT_NOT_FOUND',
    })
  })

  it('refuses content whose root hash is another one, and leaves nothing', async () => {
    const { repository } = made
    const lying = new Proxy(repository, {
      get(original, name) {
        if (name === 'readDisk')
          return async function* (...given: Parameters<Repository['readDisk']>) {
            for await (const extent of original.readDisk(...given)) {
              if (!extent.zero) extent.bytes[100] = (extent.bytes[100] ?? 0) ^ 1
              yield extent
            }
          }
        const value = Reflect.get(original, name)
        return typeof value === 'function' ? value.bind(original) : value
      },
    })
    await expect(restore({ repository: lying })).rejects.toMatchObject({ code: 'RESTORE_UNPROVEN' })
    expect(fake.restored.size).toBe(0)
  })

  it('names VM, disk and offset of a truncated pack, and leaves nothing', async () => {
    for (const [key, object] of store.objects)
      if (key.startsWith('packs/')) object.bytes = object.bytes.subarray(0, object.bytes.length / 2)
    made = { ...made, repository: await made.reopen() }
    await expect(restore()).rejects.toMatchObject({
      code: expect.stringMatching(/^(OBJECT_DAMAGED|CHUNK_MISSING)$/),
      message: expect.stringContaining(vm.uuid),
    })
    expect(fake.restored.size).toBe(0)
  })

  it('leaves nothing when writing fails or a person cancels', async () => {
    fake.trouble.write = new RestoreTargetError('the storage repository is full')
    await expect(restore()).rejects.toMatchObject({ code: 'RESTORE_TARGET' })
    expect(fake.restored.size).toBe(0)
    delete fake.trouble.write
    const test = testContext()
    test.abort(new JobCancelledError())
    await expect(restore({}, test)).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    expect(fake.restored.size).toBe(0)
  })
})

it('does not wait for the places of its other disks when one disk has failed', async () => {
  fake.trouble.write = new RestoreTargetError('the storage is full')
  let places = 1
  const gate: DiskGate = (work, { signal } = {}) =>
    places-- > 0
      ? work()
      : new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
        })
  const spec = { kind: 'restore-vm' as const, ...targetOf(fake, vm), pointId, newName: 'back' }
  const failing = restoreVm({
    ...{ ...jobParts(fake, made.repository), gate },
    ...{ jobId: made.jobId(), spec: { ...spec, start: false } },
  })
  await expect(failing).rejects.toMatchObject({ code: 'RESTORE_TARGET' })
})
