import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { blockReason, markOf, ownerOf } from '#core/points/marks.ts'
import { backupVm } from '#gateway-agent/jobs/backup/backup-vm.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { removeLeftovers } from '#gateway-agent/jobs/leftovers.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { removeOurs } from '#gateway-agent/xapi/leftovers.ts'
import { RefText, Strings } from '#gateway-agent/xapi/records.ts'
import { blockMigration, unblockMigration } from '#gateway-agent/xapi/snapshot/migration-block.ts'
import { destroySnapshotVm } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { testContext } from '#test/support/job-context.ts'
import { memoryLog } from '#test/support/patience.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

const MiB = 1024 * 1024
const signal = new AbortController().signal

/** One XenKeep with a repository of its own, at work on the pool. */
const installation = async (xapi: Xapi, seed: number) => {
  const { repository, jobId } = await newRepository(emptyStore(), { seed })
  const pool = poolOfXapi(xapi)
  const owner = ownerOf(repository.id)
  const log = memoryLog()
  return {
    pool,
    owner,
    jobId,
    log,
    objects: () => pool.listOurs(owner),
    sweep: () =>
      removeLeftovers({
        pool,
        repository,
        isRunning: () => false,
        openJobs: async () => ({ open: [], elsewhere: [] }),
        log,
      }),
    async backup(vmUuid: string) {
      const { outcome, settle } = await backupVm({
        jobId: jobId(),
        spec: { kind: 'backup-vm', poolUuid: pool.uuid, vmUuid, vmName: 'web', method: 'normal' },
        pool,
        repository,
        gate: createDiskGate(1),
        context: testContext().context,
        log,
      })
      await settle?.()
      if (outcome.status !== 'backed-up') throw new Error(outcome.status)
      return outcome.point.disks.map(({ incremental, bytesRead }) => ({ incremental, bytesRead }))
    },
  }
}

const twoOnOnePool = async () => {
  const client = await clientOnPool({ web: [randomBytes(4 * MiB)] })
  const [one, two] = [await installation(client.xapi, 1), await installation(client.xapi, 2)]
  return { client, one, two, vmUuid: client.pool.vms.web as string }
}

const Marks = z.object({
  uuid: z.string(),
  name_label: z.string(),
  other_config: Strings,
  blocked_operations: Strings.optional(),
})

/** Every VM and disk in the pool, with all that says whose it is. */
const census = async ({ call }: Xapi) => ({
  vms: await call('VM.get_all_records', [], z.record(RefText, Marks)),
  vdis: await call('VDI.get_all_records', [], z.record(RefText, Marks)),
})

test('two installations back up one VM, sweep in turn, and both go on incrementally', async () => {
  const { client, one, two, vmUuid } = await twoOnOnePool()
  await using _ = client
  const full = [{ incremental: false, bytesRead: 4 * MiB }]
  expect(await one.backup(vmUuid)).toEqual(full)
  await two.sweep()
  expect(await two.backup(vmUuid)).toEqual(full)
  await one.sweep()
  for (let round = 0; round < 2; round++)
    for (const [it, other] of [
      [one, two],
      [two, one],
    ] as const) {
      const theirs = await other.objects()
      expect(theirs).toMatchObject([{ kind: 'disk', baseOf: vmUuid, owner: other.owner }])
      await client.guestWrite(vmUuid, round * MiB, randomBytes(4096))
      const [disk] = await it.backup(vmUuid)
      expect(disk?.incremental).toBe(true)
      expect(disk?.bytesRead).toBeLessThanOrEqual(2 * MiB)
      await it.sweep()
      expect(await other.objects()).toEqual(theirs)
      expect(await it.objects()).toHaveLength(1)
    }
})

test('a sweep leaves running snapshots, blocks and unfinished VMs of the other installation', async () => {
  const { client, one, two, vmUuid } = await twoOnOnePool()
  await using _ = client
  const { xapi } = client
  const maker = { jobId: one.jobId(), owner: one.owner }
  const snapshot = await one.pool.snapshotVm({ vmUuid, ...maker, signal })
  const metadata = await one.pool.readVmMetadata(vmUuid)
  await one.pool.createVm({
    metadata,
    newName: 'back',
    jobId: one.jobId(),
    owner: one.owner,
    signal,
  })
  const kinds = (await one.objects()).map(({ kind }) => kind).sort()
  expect(kinds).toEqual(['block', 'disk', 'snapshot', 'unfinished-vm'])
  const before = await census(xapi)
  expect(await two.objects()).toEqual([])
  await two.sweep()
  expect(await census(xapi)).toEqual(before)

  const [disk] = await two.backup(vmUuid)
  expect(disk).toMatchObject({ incremental: false })
  const after = await census(xapi)
  expect(after.vms).toEqual(before.vms)
  expect(after.vdis).toMatchObject(before.vdis)

  expect(await one.pool.destroySnapshot(snapshot)).toEqual([])
  expect((await findVm(xapi, vmUuid)).record.blocked_operations).toEqual({})
  await one.sweep()
  expect(await one.objects()).toEqual([])
  expect(await two.objects()).toMatchObject([{ kind: 'disk', baseOf: vmUuid }])
})

test('what bears another mark is not removed, whoever says it is ours', async () => {
  const { client, one, two, vmUuid } = await twoOnOnePool()
  await using _ = client
  const { xapi } = client
  const maker = { jobId: one.jobId(), owner: one.owner }
  const snapshot = await one.pool.snapshotVm({ vmUuid, ...maker, signal })
  const metadata = await one.pool.readVmMetadata(vmUuid)
  await one.pool.createVm({ metadata, newName: 'back', ...maker, signal })
  const before = await census(xapi)
  const claimed = (await one.objects()).map(object => ({ ...object, owner: two.owner }))
  await removeOurs(xapi, claimed)
  expect((await destroySnapshotVm(xapi, snapshot.ref, two.owner)).join()).toContain('left alone')
  const left = await two.pool.destroySnapshot({ ...snapshot, owner: two.owner })
  expect(left).toEqual([expect.stringContaining('left alone')])
  const { record } = await findVm(xapi, snapshot.uuid)
  expect(await disksOf(xapi, record)).toHaveLength(1)
  expect(await census(xapi)).toEqual(before)
})

test('a disk of ours on the VM of another installation keeps neither of them from what is theirs', async () => {
  const { client, one, two, vmUuid } = await twoOnOnePool()
  await using _ = client
  const { xapi } = client
  const snapshot = await one.pool.snapshotVm({
    vmUuid,
    jobId: one.jobId(),
    owner: one.owner,
    signal,
  })
  const [disk] = snapshot.disks
  const foreign = { jobId: two.jobId(), owner: two.owner }
  await xapi.call('VDI.remove_from_other_config', [disk?.ref ?? '', 'xenkeep:job'], z.unknown())
  await xapi.call(
    'VDI.add_to_other_config',
    [disk?.ref ?? '', 'xenkeep:job', markOf(foreign)],
    z.unknown(),
  )
  // The VM is of one, the disk of two: neither takes the disk away.
  const notes = await removeOurs(xapi, await two.objects())
  expect(notes.join()).toContain('was left alone and bears none now')
  expect(await xapi.call('VDI.get_uuid', [disk?.ref ?? ''], RefText)).toBe(disk?.uuid)
})

test('the block of another installation stays, and the user is told', async () => {
  const { client, one, two, vmUuid } = await twoOnOnePool()
  await using _ = client
  const { xapi } = client
  const { ref } = await findVm(xapi, vmUuid)
  const [first, second] = [one, two].map(({ jobId, owner }) => ({ jobId: jobId(), owner }))
  if (!first || !second) throw new Error('two makers')
  const blocked = async () => (await findVm(xapi, vmUuid)).record.blocked_operations
  const byFirst = { pool_migrate: blockReason(first), migrate_send: blockReason(first) }
  expect(await blockMigration(xapi, ref, first)).toEqual([])
  expect(await blockMigration(xapi, ref, second)).toEqual([
    expect.stringContaining(`was reading the VM, too (job ${first.jobId})`),
  ])
  expect(await blocked()).toEqual(byFirst)
  await unblockMigration(xapi, ref, second.owner)
  expect(await blocked()).toEqual(byFirst)
  await unblockMigration(xapi, ref, first.owner)
  expect(await blocked()).toEqual({})
})
