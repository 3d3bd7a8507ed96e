import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { WorkflowUnavailableError } from '#core/errors/workflow.ts'
import type { Catalog } from '#core/ports.ts'
import { createReplica, readReplicas } from '#core/replication/replicas-catalog.ts'
import { tendReplicas } from '#functions/events/tend-replicas.ts'
import { testApi } from '#test/support/call-api.ts'
import { POOL, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const siteWithTwo = async () => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('a', 'b')] })
  const ids = [ulid(1), ulid(2)]
  for (const [i, replicaId] of ids.entries())
    await createReplica(api.ports.catalog, {
      replicaId,
      vmUuid: vmUuid(i + 1),
      vmName: `vm ${i}`,
      originPoolUuid: POOL,
      poolUuid: POOL,
      poolName: 'DR',
      networks: {},
      keep: 1,
      everySeconds: 60,
      proveEvery: 0,
      created: 0,
      phase: 'standing-by',
      rounds: 0,
      missed: 0,
      nextDue: 0,
    })
  const read = () => readReplicas(api.ports.catalog)
  return { ports: api.ports, read }
}

test('a standby in trouble keeps no other waiting', async () => {
  const { ports, read } = await siteWithTwo()
  let calls = 0
  const workflow = {
    ...ports.workflow,
    start: async (...given: Parameters<typeof ports.workflow.start>) => {
      if (++calls === 1) throw new WorkflowUnavailableError('the first time')
      return ports.workflow.start(...given)
    },
  }
  await expect(tendReplicas({ ...ports, workflow })()).rejects.toMatchObject({
    code: 'WORKFLOW_UNAVAILABLE',
  })
  const [first, second] = await read()
  expect(first).toMatchObject({ last: { ok: false } })
  expect(first?.current).toBeUndefined()
  expect(second?.current).toMatchObject({ step: 'round' })
})

test('a standby stays reserved for a run that may have begun, though the answer was lost', async () => {
  const { ports, read } = await siteWithTwo()
  const lost = new Error('connection reset')
  let isLost = false
  const catalog: Catalog = {
    ...ports.catalog,
    write: async writes => {
      await ports.catalog.write(writes)
      const isRun = writes.some(({ key }) => key.pk === keys.run('').pk)
      if (!isRun || isLost) return
      isLost = true
      throw lost
    },
  }
  await expect(tendReplicas({ ...ports, catalog })()).rejects.toBe(lost)
  const [first] = await read()
  expect(first?.current).toMatchObject({ step: 'round' })
})
