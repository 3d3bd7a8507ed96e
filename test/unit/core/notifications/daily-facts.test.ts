import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import { DailyFacts } from '#core/contracts/notifications.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { Policy } from '#core/contracts/policies.ts'
import { agesOf } from '#core/notifications/age-of-points.ts'
import { dailyFacts } from '#core/notifications/daily-facts.ts'
import { pointsOfReport } from '#core/notifications/points-of-report.ts'
import { compose } from '#core/notifications/text/compose.ts'
import { plainText } from '#core/notifications/text/plain.ts'
import type { Catalog, CatalogWrite } from '#core/ports.ts'
import { POOL, pointOf, vmUuid } from '#test/support/fake-gateway.ts'

const NOW = Date.UTC(2026, 10, 23, 6)
const DAY = 86_400_000
const span = { from: NOW - DAY, until: NOW, timeZone: 'UTC', silentMs: 600_000 }

const writeAll = async (catalog: Catalog, writes: CatalogWrite[]) => {
  for (let at = 0; at < writes.length; at += 100) await catalog.write(writes.slice(at, at + 100))
}
const put = (key: { pk: string; sk: string }, value: unknown): CatalogWrite => ({
  ...{ kind: 'put', key, value, expect: 'any' },
})
const putPoints = (catalog: Catalog, count: number, of: (n: number) => Partial<PointSummary>) =>
  writeAll(
    catalog,
    Array.from({ length: count }, (_, n) => {
      const more = of(n)
      const pointId = ulid(more.committed ?? NOW).slice(0, 20) + String(n).padStart(6, '0')
      const vm = { vmUuid: vmUuid(n), vmName: `vm${n}`, poolUuid: POOL }
      return put(keys.point(pointId), { ...pointOf(pointId, vm), bytesStored: 10, ...more })
    }),
  )
const putVms = (catalog: Catalog, count: number) =>
  writeAll(
    catalog,
    Array.from({ length: count }, (_, n) =>
      put(keys.vm(POOL, vmUuid(n)), {
        ...{ uuid: vmUuid(n), name: `vm${n}`, powerState: 'Running', tags: [], disks: [] },
        ...{ poolUuid: POOL, poolName: 'Frankfurt' },
      }),
    ),
  )
const report = (facts: DailyFacts) =>
  plainText(
    compose(
      { ...facts, kind: 'daily-report', eventId: ulid(), at: NOW, channelIds: [ulid()] },
      { inARow: 1, since: NOW, untold: 0 },
      { timeZone: 'UTC' },
    ),
  )

test('5,100 points of a day and as many VMs are counted truly', async () => {
  const catalog = memoryCatalog()
  await putVms(catalog, 5_100)
  await putPoints(catalog, 5_100, n => ({
    committed: NOW - 1_000 - n,
    ...(n === 5_099 && { bootCheck: { at: NOW, sentence: 'It answered.' } as never }),
    ...(n % 1_000 === 0 && {
      lock: { mode: 'compliance', until: NOW + (n + 1) * 3_600_000, asked: NOW },
    }),
  }))
  const facts = DailyFacts.parse(await dailyFacts(catalog, span))
  expect(facts).toMatchObject({
    points: { made: 5_100, bytesStored: 51_000 },
    store: { points: 5_100, bytesStored: 51_000 },
    newestCheck: { name: 'vm5099' },
    vms: { known: 5_100, unprotected: 5_100 },
    locks: { total: 1, named: [{ name: 'vm0', until: NOW + 3_600_000 }] },
  })
  expect(report(facts)).toContain('"vm0": a point until Mon 23 Nov 2026, 07:00 GMT+0')
}, 20_000)

test('of more than are counted, what is told is told as such', async () => {
  const catalog = memoryCatalog()
  await putPoints(catalog, 1_001, n => ({ committed: NOW - 1_000 - n }))
  const some = await pointsOfReport(catalog, { ...span, counted: 1_000 })
  expect(some.store).toBeUndefined()
  expect(some.points).toMatchObject({ made: 1_000, counted: 1_000 })
  const { store: _, ...facts } = await dailyFacts(catalog, span)
  const text = report(DailyFacts.parse({ ...facts, ...some }))
  expect(text).toMatch(/New recovery points: +at least 1000, of disks/)
  expect(text).toContain('not counted: of more than 1000 recovery points')
})

test('VMs that wait longest for a point come first; those that are gone are nobody who waits', () => {
  const vm = (n: number) => ({ uuid: vmUuid(n), name: `vm${n}` })
  const newest = (n: number, taken: number) => ({ ...vm(n), newest: { pointId: ulid(), taken } })
  const vms = [vm(1), vm(2), vm(3)]
  expect(agesOf(vms, [newest(0, NOW - 900 * DAY), newest(1, NOW), newest(2, NOW - DAY)])).toEqual({
    ages: [{ name: 'vm3' }, { name: 'vm2', taken: NOW - DAY }, { name: 'vm1', taken: NOW }],
    pointless: 1,
    oldestPoint: { name: 'vm2', taken: NOW - DAY },
  })
})

test('a verification that is overdue is told, and so are VMs without a point', async () => {
  const catalog = memoryCatalog()
  await putVms(catalog, 2)
  const policy = Policy.parse({
    ...{ policyId: ulid(), name: 'all', selection: { include: [{ all: true }] } },
    ...{ retention: { last: 3 }, schedule: { cron: '0 3 * * *', timeZone: 'UTC' } },
  })
  const { policyId } = policy
  const newest = { pointId: ulid(), taken: NOW - 5 * DAY }
  await catalog.write([
    put(keys.policy(policyId), { policy, since: NOW }),
    put(keys.protectedVm(vmUuid(0)), { uuid: vmUuid(0), name: 'vm0', newest }),
  ])
  const facts = DailyFacts.parse(await dailyFacts(catalog, span))
  expect(facts).toMatchObject({ pointless: 1, verification: { overdue: true } })
  const text = report(facts)
  expect(text).toContain('Verification:            never, overdue')
  expect(text).toContain('"vm0": Wed 18 Nov 2026, 06:00 GMT+0, 5 days ago')
  expect(text).toContain('"vm1": none yet')
  expect(text).toContain('"xenkeep maintenance"')
})

test('what the last verification told of points counts, for as long as it can be true', async () => {
  const catalog = memoryCatalog()
  const state = { packs: 9, bytes: 9, never: { packs: 0, bytes: 0 }, damaged: 0 }
  const newest = { pointId: ulid(), taken: NOW - 99 * DAY }
  const told = async (at: number, result: object) => {
    await catalog.write([
      put(keys.protectedVm(vmUuid(0)), { uuid: vmUuid(0), name: 'vm0', newest }),
      put(keys.maintenance('state'), {
        verification: {
          jobId: ulid(),
          runId: ulid(),
          report: { at: NOW - DAY, state, damages: 0 },
        },
        readBack: { at, result: { days: 30, whole: 4, overdue: 0, named: [], ...result } },
      }),
    ])
    const facts = DailyFacts.parse(await dailyFacts(catalog, span))
    return { overdue: facts.verification?.overdue, text: report(facts) }
  }
  const well = await told(NOW - DAY, {})
  expect(well.overdue).toBe(false)
  expect(well.text).toMatch(/4 recovery points read back within 30 days, 0 overdue\n/)
  expect(await told(NOW - DAY, { overdue: 1 })).toMatchObject({ overdue: true })
  // Since then only listings were looked at.
  const stale = await told(NOW - 29 * DAY, {})
  expect(stale.overdue).toBe(false)
  expect(stale.text).toContain('0 overdue as of Sun 25 Oct 2026')
  expect(await told(NOW - 31 * DAY, {})).toMatchObject({ overdue: true })
})
