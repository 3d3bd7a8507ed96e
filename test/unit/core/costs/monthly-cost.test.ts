import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costFor } from '#core/costs/bill.ts'
import { type Estate, EXAMPLES, nightly } from '#core/costs/estate.ts'
import { counts } from '#core/costs/latest-counts.ts'
import { idleCost, monthlyCost, storedBytesOf, usageOf } from '#core/costs/monthly-cost.ts'
import { CLOUD_SHARE } from '#core/maintenance/daily-share.ts'

const TB = 1e12

describe('what the product promises to cost', () => {
  test('the control plane of 50 VMs that are backed up each night: at most 10 USD a month', () => {
    for (const region of ['us-east-1', 'eu-central-1'] as const) {
      const bill = monthlyCost(EXAMPLES['50 VMs, 10 TB'], { region })
      expect(bill.total - costFor(bill, 'storage')).toBeLessThanOrEqual(10)
    }
  })

  test('nothing to do: at most 5 USD a month', () => {
    for (const region of ['us-east-1', 'eu-central-1'] as const)
      expect(idleCost({}, { region }).total).toBeLessThanOrEqual(5)
  })
})

describe('a monthly cost', () => {
  test('stores the first backup whole, and of each further day what it changed', () => {
    const of = (keptPoints: number) =>
      storedBytesOf(nightly({ vms: 1, protectedBytes: TB, storedRatio: 0.5, keptPoints })) / 1.01
    expect(of(1)).toBeCloseTo(0.5 * TB, -6)
    expect(of(11)).toBeCloseTo(0.5 * TB * 1.3, -6)
    expect(of(0)).toBe(0)
  })

  test('counts jobs by VMs and days', () => {
    const [few, many] = [10, 20].map(vms => usageOf(nightly({ vms, protectedBytes: TB })))
    const transitions = (usage: typeof few) => usage?.['control plane']?.stateTransitions ?? 0
    expect(transitions(many) - transitions(few)).toBeCloseTo(
      ((10 * 730) / 24) * counts.backup.transitions,
    )
    expect(few?.keys?.keyRequests).toBeCloseTo((10 * 730) / 24)
  })

  test('what verification reads leaves AWS: a part that costs nothing at home is dearer than the storage there', () => {
    const gb = (verifiedPerDay: number) =>
      usageOf(nightly({ vms: 50, protectedBytes: 10 * TB, verifiedPerDay })).storage?.internetGb ??
      0
    expect(gb(0)).toBe(0)
    const stored = storedBytesOf(nightly({ vms: 50, protectedBytes: 10 * TB })) / 1e9
    expect(gb(1 / 16) - gb(1 / 32)).toBeCloseTo((stored * 730) / 24 / 32, 0)
    const usd = (verifiedPerDay: number) => 0.09 * gb(verifiedPerDay)
    expect(usd(1 / 16)).toBeGreaterThan(6 * 0.023 * stored)
    expect(usd(CLOUD_SHARE)).toBeLessThan(0.6 * 0.023 * stored)
  })

  test('who wants every access recorded by CloudTrail pays for each, else for the logs of S3', () => {
    const [logs, trail] = [false, true].map(
      trailed => usageOf(nightly({ vms: 50, protectedBytes: 10 * TB, trailed })).storage,
    )
    expect(logs?.trailEvents).toBeUndefined()
    expect(trail?.trailEvents).toBe((trail?.storagePuts ?? 0) + (trail?.storageGets ?? 0))
    expect(logs?.storageGbMonths).toBeGreaterThan(trail?.storageGbMonths ?? 0)
  })

  test('a second region costs what it holds', () => {
    const estate = nightly({ vms: 50, protectedBytes: 10 * TB })
    const second = { objects: true, controlPlane: true, timeControl: false }
    const bill = monthlyCost({ ...estate, second })
    const line = (item: string) =>
      bill.lines.find(each => each.for === 'second region' && each.item === item)
    const stored = monthlyCost(estate).lines.find(({ item }) => item === 'storageGbMonths')
    expect(line('storageGbMonths')?.usd).toBeCloseTo(stored?.usd ?? 0, -1)
    // A sign of life a minute in either region, written in both.
    const signs = 4 * (730 / 24) * 24 * 60
    expect(line('replicatedCatalogWrites')?.quantity).toBeCloseTo(
      (usageOf(estate)['control plane']?.catalogWrites ?? 0) + signs,
    )
    expect(line('replicationTimeControlGb')).toBeUndefined()
    expect(line('httpApiRequests')).toBeUndefined()
  })

  test('more of anything never costs less', () => {
    const grows: (keyof Estate)[] = ['vms', 'protectedBytes', 'dailyChange', 'keptPoints', 'people']
    fc.assert(
      fc.property(
        fc.constantFrom(...grows),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 4 }),
        (what, vms, by) => {
          const estate = nightly({ vms, protectedBytes: vms * 2e11 })
          const more = { ...estate, [what]: (estate[what] as number) * (1 + by) }
          expect(monthlyCost(more).total).toBeGreaterThanOrEqual(monthlyCost(estate).total)
        },
      ),
    )
  })
})
