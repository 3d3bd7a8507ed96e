import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costFor } from '#core/costs/bill.ts'
import { type Estate, EXAMPLES, nightly } from '#core/costs/estate.ts'
import { idleCost, monthlyCost, storedBytesOf, usageOf } from '#core/costs/monthly-cost.ts'

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
    expect(transitions(many) - transitions(few)).toBeCloseTo((transitions(few) * 10) / 10.8, -2)
    expect(few?.keys?.keyRequests).toBeCloseTo((10 * 730) / 24)
  })

  test('a second region costs what it holds', () => {
    const estate = nightly({ vms: 50, protectedBytes: 10 * TB })
    const second = { objects: true, controlPlane: true, timeControl: false }
    const bill = monthlyCost({ ...estate, second })
    const line = (item: string) =>
      bill.lines.find(each => each.for === 'second region' && each.item === item)
    expect(line('storageGbMonths')?.usd).toBeCloseTo(costFor(monthlyCost(estate), 'storage'), -1)
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
