import { describe, expect, test } from 'vitest'
import { SitePointRecord } from '#core/contracts/site-point.ts'
import { expand } from '#core/site/expand.ts'
import { sitePoint, type TaskOutcome } from '#core/site/point.ts'
import { NOW, xendesktopSite } from '#test/support/xendesktop-site.ts'

const MINUTE = 60_000

describe('a site point', () => {
  const { site, inventory, guests } = xendesktopSite()
  const graph = expand(site, inventory, guests, NOW)
  /** Each task a minute after the one before it. */
  const allWell = (): Map<string, TaskOutcome> =>
    new Map(
      graph.tasks.map(({ id }, index) => [
        id,
        {
          point: {
            pointId: `01JZ${String(index).padStart(22, '0')}`,
            taken: NOW + index * MINUTE,
            consistency: 'application' as const,
          },
        },
      ]),
    )

  test('is complete when every task has a point, and tells of what is left out on purpose', () => {
    const point = sitePoint(graph, allWell())
    expect(SitePointRecord.parse(point)).toEqual(point)
    expect(point).toMatchObject({ state: 'complete', reasons: [] })
    expect(point.notes).toEqual([expect.stringMatching(/^20 pooled desktops not backed up/)])
    expect(point.members).toHaveLength(graph.tasks.length)
  })

  test('tells its skew: the machines count, what pools say of themselves does not', () => {
    const outcomes = allWell()
    const pool = graph.tasks.find(({ kind }) => kind === 'pool-metadata')?.id ?? ''
    outcomes.set(pool, {
      point: {
        pointId: '01JZ0000000000000000000009',
        taken: NOW - 86_400_000,
        consistency: 'crash',
      },
    })
    const timed = graph.tasks.filter(({ stage }) => stage !== 'pools').length
    expect(sitePoint(graph, outcomes).skew).toMatchObject({
      milliseconds: (timed - 1) * MINUTE,
      oldest: { taken: NOW },
    })
  })

  test('is partial with the reason of each member that is missing, also of one that nobody tells of', () => {
    const outcomes = allWell()
    const [failed, forgotten] = graph.tasks
    outcomes.set(failed?.id ?? '', { because: 'The disk of SQL01 is full.' })
    outcomes.delete(forgotten?.id ?? '')
    const point = sitePoint(graph, outcomes)
    expect(point.state).toBe('partial')
    expect(point.reasons).toEqual([
      `${failed?.title}: there is no point. The disk of SQL01 is full.`,
      `${forgotten?.title}: there is no point. The run ended before it was begun.`,
    ])
  })

  test('is partial where a line of the definition has no task', () => {
    const without = inventory.vms.filter(({ name }) => name !== 'LIC01')
    const lacking = expand(site, { ...inventory, vms: without }, guests, NOW)
    const point = sitePoint(lacking, allWell())
    expect(point.state).toBe('partial')
    expect(point.reasons[0]).toBe(
      'Licence server "LIC01" not backed up: no pool that a gateway reported has it.',
    )
  })

  test('notes members that are weaker than they should be, and a wide skew', () => {
    const outcomes = allWell()
    const [first] = graph.tasks
    outcomes.set(first?.id ?? '', {
      point: {
        ...{ pointId: '01JZ0000000000000000000009', taken: NOW - 5 * 3_600_000 },
        ...{ consistency: 'crash', weakerBecause: 'The agent did not answer.' },
      },
    })
    expect(sitePoint(graph, outcomes).notes.slice(1)).toEqual([
      '"SQL01" is only crash-consistent: The agent did not answer.',
      expect.stringMatching(/^Its members are 5 hours apart/),
    ])
  })
})
