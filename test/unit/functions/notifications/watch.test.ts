import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { NotificationSettings } from '#core/contracts/channels-api.ts'
import { NotificationEvent } from '#core/contracts/notifications.ts'
import { dueDay } from '#core/notifications/report-due.ts'
import { saveNotificationSettings } from '#core/notifications/settings.ts'
import type { Catalog } from '#core/ports.ts'
import { watch } from '#functions/events/watch.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { testApi } from '#test/support/call-api.ts'
import { backedUp, putDoneRun, RUN, srFull } from '#test/support/ended-run.ts'
import { POOL, vmUuid } from '#test/support/fake-gateway.ts'

const MINUTE = 60_000
const CHANNEL = '01J0000000000000000000C000'

const outbox = async (catalog: Catalog) =>
  (await catalog.query<{ event: unknown }>(keys.outbox('').pk)).items.map(({ value }) =>
    NotificationEvent.parse(value.event),
  )
const kinds = async (catalog: Catalog) => (await outbox(catalog)).map(({ kind }) => kind)

const putVms = (catalog: Catalog, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      catalog.write([
        {
          kind: 'put',
          key: keys.vm(POOL, vmUuid(n)),
          value: {
            ...{ uuid: vmUuid(n), name: `vm${n}`, description: '', powerState: 'Running' },
            ...{ tags: [], disks: [], poolUuid: POOL, poolName: 'pool' },
          },
          expect: 'any',
        },
      ]),
    ),
  )

test('a gateway that falls silent is told once, its return once, however many look', async () => {
  const api = await testApi()
  const { ports, gateway } = api
  const lease = () =>
    api.asGateway('POST', `/v1/gateways/${gateway.gatewayId}/lease`, {
      ...{ instance: '01J0000000000000000000AAAA', freeSlots: 0, pools: [] },
    })
  await lease()
  api.wait(9 * MINUTE)
  await watch(ports)()
  expect(await kinds(ports.catalog)).toEqual([])
  api.wait(2 * MINUTE)
  await Promise.all([watch(ports)(), watch(ports)()])
  await watch(ports)()
  expect(await outbox(ports.catalog)).toMatchObject([
    { kind: 'gateway-silent', gatewayId: gateway.gatewayId, name: 'site A' },
  ])
  api.wait(MINUTE)
  await lease()
  await watch(ports)()
  expect(await kinds(ports.catalog)).toEqual(['gateway-silent'])
  for (let minute = 0; minute < 10; minute++) {
    api.wait(MINUTE)
    await lease()
    await watch(ports)()
  }
  expect(await kinds(ports.catalog)).toEqual(['gateway-silent', 'gateway-back'])
  expect((await outbox(ports.catalog))[1]).toMatchObject({
    backSince: ports.clock.now() - 10 * MINUTE,
  })
})

test('one that comes and goes is told as silent once, and as back when it stays', async () => {
  const api = await testApi()
  const { ports, gateway } = api
  const lease = () =>
    api.asGateway('POST', `/v1/gateways/${gateway.gatewayId}/lease`, {
      ...{ instance: '01J0000000000000000000AAAA', freeSlots: 0, pools: [] },
    })
  const minutes = async (count: number, calls: (minute: number) => boolean) => {
    for (let minute = 0; minute < count; minute++) {
      api.wait(MINUTE)
      if (calls(minute)) await lease()
      await watch(ports)()
    }
  }
  await lease()
  // Each 12 minutes it calls once; then each other minute, which is no silence at all.
  await minutes(240, minute => minute % 12 === 11)
  expect(await kinds(ports.catalog)).toEqual(['gateway-silent'])
  await minutes(60, minute => minute % 2 === 0)
  expect(await kinds(ports.catalog)).toEqual(['gateway-silent', 'gateway-back'])
})

test('while the control plane was down itself, no gateway was silent', async () => {
  const api = await testApi()
  api.wait(60 * MINUTE)
  const upSince = api.ports.clock.now() - MINUTE
  await watch({ ...api.ports, upSince })()
  expect(await kinds(api.ports.catalog)).toEqual([])
})

test('5,000 unprotected VMs are one message, and each is told once', async () => {
  const { ports, wait } = await testApi()
  await putVms(ports.catalog, 5_000)
  await watch(ports)()
  expect(await outbox(ports.catalog)).toMatchObject([{ kind: 'vm-unprotected', total: 5_000 }])
  wait(61 * MINUTE)
  await watch(ports)()
  await putVms(ports.catalog, 5_001)
  wait(61 * MINUTE)
  await watch(ports)()
  const told = (await outbox(ports.catalog)).filter(({ kind }) => kind === 'vm-unprotected')
  expect(told).toMatchObject([{ total: 5_000 }, { total: 1, vms: [{ name: 'vm5000' }] }])
})

test('the daily report tells what ran and what did not, once a day', async () => {
  const { ports, wait } = await testApi()
  const { catalog } = ports
  await putVms(catalog, 2)
  await putDoneRun(catalog, [backedUp(0), srFull], { started: ports.clock.now() })
  wait(MINUTE)
  await reportRun(ports)({ runId: RUN })
  const report = { at: '07:30', timeZone: 'Europe/Berlin', channelIds: [CHANNEL] }
  await saveNotificationSettings(catalog, NotificationSettings.parse({ reports: [report] }))
  const reports = async () => (await outbox(catalog)).filter(({ kind }) => kind === 'daily-report')
  await watch(ports)()
  expect(await reports()).toEqual([]) // 01:01 in Berlin
  wait(7 * 60 * MINUTE)
  await Promise.all([watch(ports)(), watch(ports)()])
  expect(await reports()).toMatchObject([
    {
      channelIds: [CHANNEL],
      runs: { succeeded: 0, warning: 1, failed: 0 },
      troubled: [{ runId: RUN }],
      vms: { known: 2, unprotected: 2 },
      points: { made: 0 },
      store: { points: 0 },
    },
  ])
  wait(23 * 60 * MINUTE)
  await watch(ports)()
  expect(await reports()).toHaveLength(1)
  wait(60 * MINUTE)
  await watch(ports)()
  expect(await reports()).toMatchObject([{}, { runs: { warning: 0 }, troubled: [] }])
})

test('two reports at the same time are one message for the channels of both', async () => {
  const { ports } = await testApi()
  const other = '01J0000000000000000000C001'
  const reports = [[CHANNEL], [other, CHANNEL]].map(channelIds => ({
    ...{ at: '00:30', timeZone: 'Europe/Berlin', channelIds },
  }))
  await saveNotificationSettings(ports.catalog, NotificationSettings.parse({ reports }))
  await watch(ports)()
  expect(await outbox(ports.catalog)).toMatchObject([
    { kind: 'daily-report', channelIds: [CHANNEL, other] },
  ])
})

test.each([
  // Berlin leaves out 02:00 to 03:00 on 29 March 2026 and shows it twice on 25 October.
  ['before it', '02:30', Date.UTC(2026, 2, 29, 0, 59), '2026-03-28', undefined],
  ['left out: right after', '02:30', Date.UTC(2026, 2, 29, 1, 0), '2026-03-28', '2026-03-29'],
  ['twice: the first time', '02:30', Date.UTC(2026, 9, 25, 0, 30), '2026-10-24', '2026-10-25'],
  ['twice: not again', '02:30', Date.UTC(2026, 9, 25, 1, 30), '2026-10-25', undefined],
  ['slept through: late', '02:30', Date.UTC(2026, 10, 23, 20, 0), '2026-11-20', '2026-11-23'],
] as const)('a report at a change of the clock: %s', (_, at, now, last, day) => {
  expect(dueDay({ at, timeZone: 'Europe/Berlin' }, last, now)).toBe(day)
})

test('one look that fails keeps nobody from hearing of the others', async () => {
  const { ports } = await testApi()
  const { catalog } = ports
  const reports = [{ at: '00:00', timeZone: 'UTC', channelIds: [CHANNEL] }]
  await saveNotificationSettings(catalog, NotificationSettings.parse({ reports }))
  const faulty: Catalog = {
    ...catalog,
    query: async (pk, options) => {
      if (pk === keys.silentGateway('').pk) throw new Error('this partition is throttled')
      return catalog.query(pk, options)
    },
  }
  await expect(watch({ ...ports, catalog: faulty })()).rejects.toThrow('throttled')
  expect(await kinds(catalog)).toEqual(['daily-report'])
})
