import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { SnapshotDisk } from '#gateway-agent/sources/api.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { RefText } from '#gateway-agent/xapi/records.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOB = '01JDA0000000000000000000A1'
const signal = new AbortController().signal

/** Two hosts, and the death of the coordinator with the other one as successor. */
const pair = async (content: Buffer) => {
  const client = await clientOnPool({ web: [content] }, { hosts: 2 })
  const [first, second] = client.pool.hosts
  const killCoordinator = () =>
    client.simulator(`/sim/host-death?host=${first?.uuid}&successor=${second?.uuid}`)
  return { client, first, second, killCoordinator }
}

test('the coordinator dies: calls go on at its successor, under a new session', async () => {
  const { client, killCoordinator } = await pair(Buffer.alloc(MIB))
  await using _ = client
  await killCoordinator()
  expect(await client.xapi.call('VM.get_all', [], z.array(RefText))).not.toHaveLength(0)
  // Only the address of the dead host is known at a new start: nobody answers there, and that is said at once.
  await expect(openPool(client.options)).rejects.toMatchObject({ code: 'XAPI_UNREACHABLE' })
})

test('the coordinator dies in mid-read: the disk is read on from the other host', async () => {
  const content = randomBytes(24 * MIB)
  const { client, killCoordinator } = await pair(content)
  await using _ = client
  const vmUuid = client.pool.vms.web as string
  const snapshot = await snapshotVm(client.xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
  const reading = await readDisk(client.xapi, { disk: snapshot.disks[0] as SnapshotDisk, signal })
  let killed: Promise<void> | undefined
  const interrupted = async function* () {
    for await (const extent of reading.extents()) {
      killed ??= killCoordinator()
      await killed
      yield extent
    }
  }
  const bytes = await applyExtents(interrupted(), Buffer.alloc(content.length))
  expect(bytes.equals(content)).toBe(true)
  expect(reading).toMatchObject({ rung: 'map-nbd' })
  expect(await destroySnapshot(client.xapi, snapshot)).toEqual([])
})

test('hosts that were known before a restart of the gateway are asked when that of the settings is dead', async () => {
  const { client, second, killCoordinator } = await pair(Buffer.alloc(MIB))
  await using _ = client
  const told: (readonly string[])[] = []
  const onMembers = (hosts: readonly string[]) => told.push(hosts)
  await (await openPool({ ...client.options, onMembers })).close()
  expect(told).toEqual([['127.0.0.1', '127.0.0.2']])
  await killCoordinator()
  const members = told[0] ?? []
  const known = { ...client.options, members, poolUuid: client.pool.poolUuid }
  const xapi = await openPool(known)
  expect(xapi.poolUuid).toBe(client.pool.poolUuid)
  await xapi.close()
  // A host that was in our pool once may be in another one now.
  await expect(
    openPool({ ...known, members: [second?.address ?? ''], poolUuid: 'another' }),
  ).rejects.toMatchObject({ code: 'XAPI_OTHER_POOL' })
})

test('a host that was put out of the pool does not hide those that are still in it', async () => {
  const { client, second, killCoordinator } = await pair(Buffer.alloc(MIB))
  await using _ = client
  await using alone = await clientOnPool({})
  const [left] = alone.pool.hosts
  await killCoordinator()
  const known = {
    ...client.options,
    fingerprints: [...(client.options.fingerprints ?? []), left?.certificateFingerprint ?? ''],
    members: [new URL(left?.url ?? '').host, second?.address ?? ''],
    poolUuid: client.pool.poolUuid,
  }
  const xapi = await openPool(known)
  expect(xapi.poolUuid).toBe(client.pool.poolUuid)
  await xapi.close()
})
