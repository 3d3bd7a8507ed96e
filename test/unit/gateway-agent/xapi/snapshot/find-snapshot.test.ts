import { expect, test } from 'vitest'
import { z } from 'zod'
import { listOurs, removeOurs } from '#gateway-agent/xapi/leftovers.ts'
import { findSnapshot, LABEL_TAG } from '#gateway-agent/xapi/snapshot/find-snapshot.ts'
import { unblockMigration } from '#gateway-agent/xapi/snapshot/migration-block.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import type { VmSnapshot } from '#gateway-agent/xapi/snapshot/vm-snapshot.ts'
import { findVm } from '#gateway-agent/xapi/vms.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOB = '01JDA0000000000000000000A1'
const signal = new AbortController().signal
const anything = z.unknown()

const world = async () => {
  const client = await clientOnPool({
    web: [Buffer.alloc(2 * MIB, 1), Buffer.alloc(2 * MIB, 2)],
  })
  const vmUuid = client.pool.vms.web as string
  const maker = { vmUuid, jobId: JOB, owner: OWNER }
  const snapshot = await snapshotVm(client.xapi, { ...maker, signal })
  return { client, maker, snapshot, find: () => findSnapshot(client.xapi, maker) }
}

test('the snapshot of a job is found as it was taken, and the VM held again', async () => {
  const { client, snapshot, find } = await world()
  await using _ = client
  await unblockMigration(client.xapi, snapshot.vm.ref, OWNER)
  expect(await find()).toEqual({ snapshot: { ...snapshot, others: undefined } })
  const { record } = await findVm(client.xapi, snapshot.vm.uuid)
  expect(Object.keys(record.blocked_operations)).toContain('migrate_send')
  expect(await destroySnapshot(client.xapi, snapshot)).toEqual([])
  expect(await listOurs(client.xapi, OWNER)).toEqual([])
})

test('that of another job, or of another installation, is not ours to go on with', async () => {
  const { client, maker } = await world()
  await using _ = client
  const jobId = '01JDA0000000000000000000A2'
  expect(await findSnapshot(client.xapi, { ...maker, jobId })).toBeUndefined()
  expect(await findSnapshot(client.xapi, { ...maker, owner: 'ba9876543210' })).toBeUndefined()
})

const call = ({ xapi }: ClientOnPool, method: string, ...given: string[]) =>
  xapi.call(method, given, anything)

const spoilt: [string, string, (client: ClientOnPool, snapshot: VmSnapshot) => Promise<unknown>][] =
  [
    [
      'it had not become complete',
      'without its label',
      (client, { ref }) => call(client, 'VM.remove_from_other_config', ref, LABEL_TAG),
    ],
    [
      'is not there as it was',
      'one of whose disks is gone',
      async (client, { disks }) => call(client, 'VDI.destroy', disks[1]?.ref ?? ''),
    ],
    [
      'the VM has other disks than when it was taken',
      'of a VM that lost a disk since',
      async (client, { vm }) => {
        const { record } = await findVm(client.xapi, vm.uuid)
        await call(client, 'VM.hard_shutdown', vm.ref)
        await call(client, 'VBD.destroy', record.VBDs[0] ?? '')
      },
    ],
    [
      'the VM that it was taken of is not there any more',
      'of a VM that is gone',
      async (client, { vm }) => {
        await call(client, 'VM.hard_shutdown', vm.ref)
        await client.xapi.call('VM.set_blocked_operations', [vm.ref, {}], anything)
        await call(client, 'VM.destroy', vm.ref)
      },
    ],
  ]

test.each(spoilt)('"%s": a snapshot %s', async (why, _, spoil) => {
  const { client, snapshot, find } = await world()
  await using _client = client
  await spoil(client, snapshot)
  expect(await find()).toEqual({ unusable: expect.stringContaining(why) })
  expect(await removeOurs(client.xapi, await listOurs(client.xapi, OWNER))).toEqual([])
  expect(await listOurs(client.xapi, OWNER)).toEqual([])
})
