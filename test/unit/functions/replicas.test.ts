import { ulid } from 'ulid'
import { describe, expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { readVms } from '#core/inventory/inventory.ts'
import type { Catalog } from '#core/ports.ts'
import { readReplicas } from '#core/replication/replicas-catalog.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { commandReplica } from '#functions/api/replicas/command-replica.ts'
import { putReplica } from '#functions/api/replicas/put-replica.ts'
import { tendReplicas } from '#functions/events/tend-replicas.ts'
import { testApi } from '#test/support/call-api.ts'
import { POOL, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const SR = { uuid: vmUuid(77), name: 'fast', type: 'ext', size: 1, used: 0, isDefault: true }

const site = async () => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [{ ...poolOf('a'), srs: [SR] }] })
  const define = (more: object = {}, catalog: Catalog = api.ports.catalog) =>
    putReplica({ ...api.ports, catalog })({
      body: {
        ...{ vm: 'a', pool: POOL, networks: {}, keep: 3, everySeconds: 60, proveEvery: 0 },
        ...more,
      },
    } as never)
  return { ...api, define, replicas: () => readReplicas(api.ports.catalog) }
}

test('two definitions at once come to one replica', async () => {
  const { ports, define, replicas } = await site()
  let reads = 0
  let go = () => {}
  const both = new Promise<void>(resolve => {
    go = resolve
  })
  // Both have looked, and found nothing, before either writes.
  const catalog: Catalog = {
    ...ports.catalog,
    write: async writes => {
      if (++reads === 2) go()
      if (reads <= 2) await both
      return ports.catalog.write(writes)
    },
  }
  const made = await Promise.all([define({ keep: 1 }, catalog), define({ keep: 2 }, catalog)])
  const [only, ...more] = await replicas()
  expect(more).toEqual([])
  expect(made.map(({ replicaId }) => replicaId)).toEqual([only?.replicaId, only?.replicaId])
})

test('a definition that names no storage goes back to the default of the pool', async () => {
  const { define, replicas } = await site()
  const first = await define({ sr: 'fast' })
  expect((await replicas())[0]).toMatchObject({ srUuid: SR.uuid })
  expect(await define({ keep: 5 })).toEqual(first)
  const [only] = await replicas()
  expect(only).toMatchObject({ keep: 5 })
  expect(only).not.toHaveProperty('srUuid')
})

test.each([
  [{ vm: 'nobody' }, 'VM_NOT_FOUND'],
  [{ pool: 'nowhere' }, 'POOL_NOT_FOUND'],
  [{ sr: 'nothing' }, 'SR_NOT_FOUND'],
])('%j is refused', async (more, code) => {
  const { define, replicas } = await site()
  await expect(define(more)).rejects.toMatchObject({ code })
  expect(await replicas()).toEqual([])
})

describe('a failback', () => {
  const active = async () => {
    const made = await site()
    const { replicaId } = await made.define()
    const { catalog } = made.ports
    const [replica] = await made.replicas()
    const standby = {
      uuid: vmUuid(9),
      name: 'a (failed over)',
      pointId: ulid(1),
      taken: 1,
      states: [],
    }
    await catalog.write([
      {
        ...{ kind: 'put', key: keys.replica(replicaId), expect: 'any' },
        value: { ...replica, phase: 'failing-back', standby, failback: { pointId: ulid(2) } },
      },
    ])
    return { ...made, replicaId }
  }

  test.each([
    [{}, { full: false, overwrite: false }],
    [{ overwrite: true }, { full: false, overwrite: true }],
    [{ full: true }, { full: true, overwrite: false }],
  ])('says to the gateway what was wished: %j', async (wish, told) => {
    const { ports, replicaId, replicas } = await active()
    const body = { command: 'failback', full: false, overwrite: false, ...wish }
    const { runId = '' } = await commandReplica(ports)({
      ...{ params: { replicaId }, body, caller: { name: 'ann', role: 'administrator' } },
    } as never)
    const [job] = await readJobs(ports.catalog, runId)
    expect(job?.spec).toEqual({
      kind: 'fail-back',
      poolUuid: POOL,
      vmUuid: vmUuid(9),
      vmName: 'a',
      pointId: (await replicas())[0]?.failback?.pointId,
      originUuid: vmUuid(1),
      heldPointId: (await replicas())[0]?.standby?.pointId,
      ...told,
    })
    expect((await replicas())[0]?.failback).toMatchObject(told)
  })

  test('writes nothing at the origin once the standby was seen running again; a person begins anew', async () => {
    const { ports, replicaId, replicas } = await active()
    const going = { runId: ulid(3), step: 'back-up-standby', ended: 1, ok: true, line: '' }
    const value = { ...(await replicas())[0], last: going }
    const standby = { ...(await readVms(ports.catalog))[0], uuid: vmUuid(9), powerState: 'Running' }
    await ports.catalog.write([
      { kind: 'put', key: keys.replica(replicaId), value, expect: 'any' },
      { kind: 'put', key: keys.vm(POOL, vmUuid(9)), value: standby, expect: 'any' },
    ])
    expect(await tendReplicas(ports)()).toEqual({ begun: 0 })
    const [replica] = await replicas()
    expect(replica).toMatchObject({ phase: 'active', last: { ok: false, step: 'restore-origin' } })
    expect(replica?.last?.line).toContain('is still running')
    expect(replica).not.toHaveProperty('failback')
    expect(replica).not.toHaveProperty('current')
  })
})

describe('a test failover', () => {
  const caller = { name: 'ann', role: 'operator' }

  test('is a run beside the replica, which is not reserved for it', async () => {
    const { define, ports, replicas } = await site()
    const { replicaId } = await define()
    const standby = { uuid: vmUuid(9), name: 'a (standby)', pointId: ulid(1), taken: 1, states: [] }
    const value = { ...(await replicas())[0], standby }
    await ports.catalog.write([{ kind: 'put', key: keys.replica(replicaId), value, expect: 'any' }])
    const body = { command: 'test', timeoutSeconds: 900, keepSeconds: 60 }
    const { runId = '' } = await commandReplica(ports)({
      params: { replicaId },
      body,
      caller,
    } as never)
    const [job] = await readJobs(ports.catalog, runId)
    expect(job?.spec).toEqual({
      ...{ kind: 'test-failover', replicaId, poolUuid: POOL, vmUuid: vmUuid(1), vmName: 'a' },
      ...{ timeoutSeconds: 900, keepSeconds: 60 },
    })
    expect((await replicas())[0]).toMatchObject({ phase: 'standing-by' })
    expect((await replicas())[0]).not.toHaveProperty('current')
  })

  test('is refused before the first round', async () => {
    const { define, ports } = await site()
    const { replicaId } = await define()
    const body = { command: 'test', timeoutSeconds: 900, keepSeconds: 0 }
    await expect(
      commandReplica(ports)({ params: { replicaId }, body, caller } as never),
    ).rejects.toMatchObject({
      code: 'STANDBY_EMPTY',
      message: 'The standby of "a" holds nothing yet, so there is nothing to try out.',
    })
  })

  test.each(['active', 'failing-back'])('is refused where the standby is %s', async phase => {
    const { define, ports, replicas } = await site()
    const { replicaId } = await define()
    const value = { ...(await replicas())[0], phase }
    await ports.catalog.write([{ kind: 'put', key: keys.replica(replicaId), value, expect: 'any' }])
    const body = { command: 'test', timeoutSeconds: 900, keepSeconds: 0 }
    await expect(
      commandReplica(ports)({ params: { replicaId }, body, caller } as never),
    ).rejects.toMatchObject({ code: 'REPLICA_PHASE' })
  })
})
