import { describe, expect, test } from 'vitest'
import { billOf, costFor } from '#core/costs/bill.ts'

describe('a bill', () => {
  test('prices each quantity by its unit', () => {
    const { lines, total } = billOf({
      'control plane': { httpApiRequests: 2_000_000, stateTransitions: 10_000 },
    })
    expect(lines.map(({ item, usd }) => [item, usd])).toEqual([
      ['httpApiRequests', 2],
      ['stateTransitions', 0.25],
    ])
    expect(total).toBeCloseTo(2.25)
  })

  test('gives what is free once, to whoever comes first', () => {
    const usage = { monitoring: { alarms: 8 }, 'second region': { alarms: 8 } }
    const free = billOf(usage, { freeTier: true })
    expect(costFor(free, 'monitoring')).toBe(0)
    expect(costFor(free, 'second region')).toBeCloseTo(0.6)
    expect(billOf(usage).total).toBeCloseTo(1.6)
  })

  test('storage grows cheaper by the gigabyte behind a limit, and only that', () => {
    const of = (gb: number) => billOf({ storage: { storageGbMonths: gb } }).total
    expect(of(50_000)).toBeCloseTo(1_150)
    expect(of(50_001) - of(50_000)).toBeCloseTo(0.022)
    expect(of(600_000)).toBeCloseTo(50_000 * 0.023 + 450_000 * 0.022 + 100_000 * 0.021)
  })

  test('says whether each of its prices was read for its region', () => {
    const usage = { 'control plane': { httpApiRequests: 1 } }
    expect(billOf(usage).confirmed).toBe(true)
    expect(billOf(usage, { region: 'eu-central-1' }).confirmed).toBe(false)
  })
})
