import { ulid as makeUlid } from 'ulid'
import { beforeEach, describe, expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { GetReplicaReply } from '#core/contracts/replica-detail.ts'
import { ListReplicasReply, PreviewReplicaReply } from '#core/contracts/replicas-api.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import type { Replica } from '#core/replication/replica.ts'
import { NOON, type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const HOUR = 3_600_000
/** The same each time. */
const ulid = (at: number) => makeUlid(at, () => 0.5)
const SR = { uuid: vmUuid(77), name: 'fast', type: 'ext', size: 1, used: 0, isDefault: true }
const LAN = { uuid: vmUuid(78), name: 'LAN' }
const MANY = 5_000

let api: TestApi
beforeEach(async () => {
  api = await testApi()
  const { vms, ...known } = poolOf('a', 'b')
  const disk = { vdiUuid: vmUuid(99), userdevice: '0', name: 'root', size: 2 ** 30, cbt: true }
  const pool = {
    ...{ ...known, srs: [SR], networks: [LAN] },
    vms: vms.map(vm => ({ ...vm, disks: [disk] })),
  }
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, { pools: [pool] })
})

const id = (n: number) => ulid(NOON - 90 * 86_400_000 + n)
const replica = (n: number, more: Partial<Replica> = {}): Replica => ({
  ...{ replicaId: id(n), vmUuid: vmUuid(1), vmName: `vm-${n}`, originPoolUuid: POOL },
  ...{ poolUuid: POOL, poolName: 'pool', networks: {}, keep: 3, everySeconds: 3_600 },
  ...{ proveEvery: 0, created: 1, phase: 'standing-by', rounds: 0, missed: 0 },
  nextDue: NOON + HOUR,
  ...more,
})
const standby = (taken: number, pointId = ulid(taken)) => ({
  ...{ uuid: vmUuid(9), name: 'a (standby)', pointId, taken },
  states: [{ uuid: vmUuid(8), pointId, taken }],
})
const store = (...replicas: Replica[]) =>
  api.ports.catalog.write(
    replicas.map(value => ({
      ...{ kind: 'put' as const, key: keys.replica(value.replicaId), expect: 'any' as const },
      value,
    })),
  )
const point = (taken: number) =>
  putPoint(api.ports.catalog, {
    ...pointOf(ulid(taken), { vmUuid: vmUuid(1), vmName: 'a', poolUuid: POOL }),
    taken,
  })
const ended = (ok: boolean, at: number) => ({
  ...{ runId: id(1), step: 'round' as const, ended: at, ok, line: 'no room' },
})

const list = async (query = '') => {
  const { status, json } = await api.asPerson('GET', '/v1/replicas', undefined, query)
  expect(status, JSON.stringify(json)).toBe(200)
  return ListReplicasReply.parse(json)
}
const get = async (n: number) => {
  const { json } = await api.asPerson('GET', `/v1/replicas/${id(n)}`)
  return GetReplicaReply.parse(json)
}
const preview = (body: object) => api.asPerson('POST', '/v1/replicas/preview', body)

describe('how old the newest state is', () => {
  const age = async (more: Partial<Replica>) => {
    await store(replica(1, more))
    return (await list()).items[0]?.age
  }

  test('without a state there is nothing', async () => {
    expect(await age({})).toMatchObject({ state: 'empty' })
  })

  test('the newest recovery point is as young as it gets, however old', async () => {
    await point(NOON - 50 * HOUR)
    expect(await age({ standby: standby(NOON - 50 * HOUR) })).toEqual({
      ...{
        state: 'newest',
        text: 'Its newest state is 50 h old; there is no newer recovery point.',
      },
    })
  })

  test('a newer point is waited for as long as rounds go well', async () => {
    await point(NOON - HOUR / 4)
    const old = { standby: standby(NOON - 24 * HOUR) }
    expect(await age({ ...old, last: ended(true, NOON - HOUR) })).toMatchObject({
      state: 'in-time',
    })
    expect(await age({ ...old, last: ended(true, NOON - 3 * HOUR) })).toEqual({
      state: 'behind',
      text: 'Its newest state is 24 h old, although a round is due every 1 h and the newest recovery point is 15 min old.',
    })
    expect(await age({ ...old, last: ended(false, NOON) })).toMatchObject({ state: 'behind' })
  })

  test('where no rounds are begun it is not judged', async () => {
    await point(NOON)
    expect(await age({ standby: standby(1), phase: 'stopped' })).toMatchObject({
      state: 'no-rounds',
    })
  })
})

test(`${MANY} standbys are paged, narrowed and counted`, async () => {
  for (let from = 0; from < MANY; from += 100)
    await store(
      ...Array.from({ length: 100 }, (_, n) =>
        replica(from + n, {
          vmUuid: vmUuid(0x1000 + from + n),
          ...((from + n) % 1_000 === 7 && { last: ended(false, NOON), phase: 'stopped' }),
        }),
      ),
    )
  const seen = new Set<string>()
  let after: string | undefined
  do {
    const page = await list(`limit=1000${after ? `&after=${after}` : ''}`)
    for (const { replicaId } of page.items) seen.add(replicaId)
    after = page.next
  } while (after)
  expect(seen.size).toBe(MANY)

  const first = await list('troubled=true&limit=3')
  expect(first.total).toBe(5)
  expect(first.items.map(({ vmName }) => vmName)).toEqual(['vm-7', 'vm-1007', 'vm-2007'])
  const rest = await list(`troubled=true&limit=3&after=${first.next}`)
  expect(rest.items.map(({ vmName }) => vmName)).toEqual(['vm-3007', 'vm-4007'])
  expect(rest.next).toBeUndefined()
  expect((await list('search=VM-4999')).items).toHaveLength(1)
  expect((await list('phase=stopped&search=vm-1')).total).toBe(1)
  expect((await list('pool=elsewhere')).items).toEqual([])
}, 30_000)

describe('one standby', () => {
  test('tells its states with the test of each, its networks by name, and what was read back', async () => {
    const taken = NOON - HOUR
    await point(taken)
    const held = standby(taken)
    const { pointId } = held
    const test = {
      ...{ kind: 'boot-check' as const, jobId: id(3), verdict: 'tools' as const, at: NOON },
      ...{ poolUuid: POOL, version: '8.2', sentence: 'Booted.' },
      standby: { uuid: held.uuid, name: held.name, pointId },
    }
    const key = keys.point(pointId)
    const found = await api.ports.catalog.get<object>(key)
    const value = { ...found?.value, bootCheck: test }
    await api.ports.catalog.write([{ kind: 'put', key, value, expect: 'any' }])
    await store(
      replica(1, {
        ...{ standby: held, srUuid: SR.uuid, networks: { [LAN.uuid]: LAN.uuid, old: vmUuid(5) } },
        readBack: { at: NOON, pointId },
      }),
    )
    const detail = await get(1)
    expect(detail.states).toMatchObject([{ pointId, test: { sentence: 'Booted.' } }])
    expect(detail).toMatchObject({
      sr: { name: 'fast' },
      networks: [
        { fromName: 'LAN', toName: 'LAN' },
        { from: 'old', to: vmUuid(5) },
      ],
      readBack: { pointId },
    })
    expect(detail.networks[1]).not.toHaveProperty('toName')
  })

  test('foretells what would be refused by the very rules that refuse it', async () => {
    const active = replica(1, { standby: standby(NOON), phase: 'active' })
    await store(active)
    const { deeds } = await get(1)
    for (const [command, deed] of Object.entries(deeds)) {
      await store(active)
      const { status, json } = await api.asPerson('POST', `/v1/replicas/${id(1)}/commands`, {
        ...{ command },
        ...(command === 'failover' && { force: true }),
      })
      if (command === 'failback') expect([deed.refused, status]).toEqual([undefined, 200])
      else expect(deed.refused, command).toBe(json.message)
    }
  })

  test('foretells that no gateway serves the pool, as the command says it', async () => {
    const poolUuid = vmUuid(66)
    for (const phase of ['standing-by', 'active'] as const) {
      const lost = replica(1, { standby: standby(NOON), phase, poolUuid })
      await store(lost)
      const { deeds } = await get(1)
      const commands =
        phase === 'active' ? (['failback'] as const) : (['round', 'test', 'failover'] as const)
      for (const command of commands) {
        await store(lost)
        const { json } = await api.asPerson('POST', `/v1/replicas/${id(1)}/commands`, {
          ...{ command },
          ...(command === 'failover' && { force: true }),
        })
        expect(json, command).toMatchObject({ code: 'GATEWAY_SILENT' })
        expect(deeds[command].refused, command).toBe(json.message)
      }
    }
  })

  test('a machine with the longest of names has its page, too', async () => {
    const vmName = 'n'.repeat(1_000)
    await store(replica(1, { standby: standby(NOON), vmName }))
    expect((await get(1)).deeds.failover.risk).toContain(vmName.slice(0, 900))
  })

  test('a failover of a machine that runs has to be forced, and its state is named', async () => {
    await store(replica(1, { standby: standby(NOON - HOUR) }))
    const { failover, test, round } = (await get(1)).deeds
    expect(failover.risk).toContain('was running when its gateway told last')
    expect(failover.refused).toBeUndefined()
    expect(failover.steps.join(' ')).toContain('the state of 2026-11-21 23:00 UTC')
    expect([test.refused, round.refused]).toEqual([undefined, undefined])
  })

  test('a failback goes on where it was cut off', async () => {
    const begun = { phase: 'failing-back' as const, failback: { pointId: id(4) } }
    await store(replica(1, { standby: standby(NOON), ...begun }))
    const { nextStep, deeds } = await get(1)
    expect(nextStep).toBe('restore-origin')
    expect(deeds.failback.steps[0]).toContain('Blocks that differ are written')
  })

  test('one that is not there is not found', async () => {
    expect((await api.asPerson('GET', `/v1/replicas/${id(1)}`)).json).toMatchObject({
      code: 'REPLICA_NOT_FOUND',
    })
  })
})

describe('a preview', () => {
  test('tells what to know before, and keeps nothing', async () => {
    const { json } = await preview({ vm: 'a', pool: POOL })
    const { steps, notes, replicaId } = PreviewReplicaReply.parse(json)
    expect(steps[0]).toContain('Everything is written from the newest recovery point of "a"')
    expect(steps.at(-1)).toBe('A round is due every 1 h, the first at once.')
    expect(notes.join(' ')).toContain('There is no recovery point of "a" yet')
    expect(notes.join(' ')).toContain('"a" is in this very pool')
    expect(notes.join(' ')).toContain('may find no room')
    expect(replicaId).toBeUndefined()
    expect((await list()).items).toEqual([])
  })

  test('of one that is there, only what would be changed', async () => {
    await store(replica(1, { standby: standby(NOON) }))
    const { json } = await preview({ vm: 'a', pool: POOL, keep: 0, everySeconds: 900 })
    const { steps, notes, replicaId } = PreviewReplicaReply.parse(json)
    expect(replicaId).toBe(id(1))
    expect(steps.join(' ')).toContain('only blocks that differ are written')
    expect(steps).toContain('No state before it is kept.')
    expect(notes.join(' ')).not.toContain('no room')
    expect(notes[0]).toContain('has a standby in this pool already')
  })

  test('is refused as the definition would be', async () => {
    expect((await preview({ vm: 'nobody', pool: POOL })).json).toMatchObject({
      code: 'VM_NOT_FOUND',
    })
  })
})
