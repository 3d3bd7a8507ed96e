import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SiteGraph, type SiteTask } from '#core/contracts/site-graph.ts'
import { SitePointRecord } from '#core/contracts/site-point.ts'
import { RestorePhase, SiteRestorePlan } from '#core/contracts/site-restore-plan.ts'
import { ancestorsOf, expand } from '#core/site/expand.ts'
import { sitePoint, type TaskOutcome } from '#core/site/point.ts'
import { restorePlan } from '#core/site/restore-plan.ts'
import { type AnySite, anySite } from '#test/support/any-site.ts'
import { NOW } from '#test/support/xendesktop-site.ts'

const seed = Number(process.env.SEED ?? Date.now() % 1e9)
const check = <T>(of: fc.Arbitrary<T>, law: (value: T) => void) =>
  fc.assert(fc.property(of, law), { seed, numRuns: 100 })

const graphOf = ({ site, inventory, guests }: AnySite): SiteGraph =>
  expand(site, inventory, guests, NOW)

test(`a graph fits its contract and has no circle: each task comes after all that it waits for (seed ${seed})`, () => {
  check(anySite, any => {
    const graph = graphOf(any)
    expect(SiteGraph.parse(graph)).toEqual(graph)
    const place = new Map(graph.tasks.map(({ id }, index) => [id, index]))
    expect(place.size).toBe(graph.tasks.length)
    for (const [index, { after }] of graph.tasks.entries())
      for (const id of after) expect(place.get(id)).toBeLessThan(index)
  })
})

test('every line of the definition has a task, or a reason why not; what is not saved and should be is told as a gap', () => {
  check(anySite, any => {
    const { tasks, skips, problems } = graphOf(any)
    const covered = new Set([...tasks, ...skips].flatMap(({ covers }) => covers))
    expect([...covered].sort((a, b) => a - b)).toEqual(any.site.components.map((_, index) => index))
    for (const { reason, gap, covers } of skips) {
      expect(reason).toMatch(/\S/)
      // A gap is told a second time: with what to do.
      if (gap)
        for (const index of covers)
          expect(
            problems.some(({ level, covers: of }) => level !== 'note' && of?.includes(index)),
          ).toBe(true)
    }
  })
})

test('exports and databases before the state of servers, that before machines; pools wait for nothing', () => {
  const earlier: Record<SiteTask['stage'], SiteTask['stage'][]> = {
    logical: [],
    state: ['logical'],
    machines: ['logical', 'state'],
    pools: [],
  }
  check(anySite, any => {
    const { tasks } = graphOf(any)
    for (const task of tasks) {
      const before = ancestorsOf(tasks, task.id)
      for (const other of tasks)
        if (earlier[task.stage].includes(other.stage)) expect(before).toContain(other.id)
      if (task.stage === 'pools') expect(before.size).toBe(0)
    }
  })
})

test('of machines that stand in for each other never two are at rest together', () => {
  const machineOf = (task: SiteTask) =>
    task.kind === 'vm' || task.kind === 'component' ? (task.vmUuid ?? task.id) : task.id
  check(anySite, any => {
    const { tasks } = graphOf(any)
    const standing = ['ddc', 'dc', 'sql', 'license', 'storefront', 'pvs'] as const
    for (const a of tasks)
      for (const b of tasks) {
        if (a.id >= b.id || a.kind !== 'vm' || b.kind !== 'vm') continue
        const shared =
          standing.some(role => a.roles.includes(role) && b.roles.includes(role)) ||
          a.apart?.some(label => b.apart?.includes(label))
        if (shared && machineOf(a) !== machineOf(b))
          expect(ancestorsOf(tasks, a.id).has(b.id) || ancestorsOf(tasks, b.id).has(a.id)).toBe(
            true,
          )
      }
  })
})

test('what is told in another order comes to the same graph', () => {
  const shuffled = anySite.chain(any =>
    fc.record({
      any: fc.constant(any),
      vms: fc.shuffledSubarray([...any.inventory.vms], { minLength: any.inventory.vms.length }),
      guests: fc.shuffledSubarray([...any.guests], { minLength: any.guests.length }),
      lines: fc.shuffledSubarray([...any.site.components.keys()], {
        minLength: any.site.components.length,
      }),
    }),
  )
  check(shuffled, ({ any, vms, guests, lines }) => {
    const { site, inventory } = any
    expect(expand(site, { ...inventory, vms }, guests, NOW)).toEqual(graphOf(any))
    // Lines have numbers: beside those nothing hangs on their order.
    const moved = { ...site, components: lines.flatMap(index => site.components[index] ?? []) }
    expect(withoutNumbers(expand(moved, inventory, guests, NOW))).toEqual(
      withoutNumbers(graphOf(any)),
    )
  })
})

const withoutNumbers = ({ tasks, skips, problems, ...rest }: SiteGraph) => {
  const bare = (all: readonly { covers?: number[] | undefined }[]) =>
    all.map(({ covers: _, ...one }) => one)
  return { ...rest, tasks: bare(tasks), skips: bare(skips), problems: bare(problems) }
}

const anyPoint = fc
  .record({ any: anySite, lost: fc.array(fc.nat(12)), hours: fc.nat(48) })
  .map(({ any, lost, hours }) => {
    const graph = graphOf(any)
    const outcomes = new Map(
      graph.tasks.map(({ id, kind }, index): [string, TaskOutcome] => [
        id,
        lost.includes(index)
          ? { because: 'It failed.' }
          : {
              ...(kind === 'component' &&
                index % 2 === 0 && { subjectUuid: any.guests[0]?.guestUuid }),
              point: {
                pointId: `01JZ${String(index).padStart(22, '0')}`,
                taken: NOW + index * hours * 3_600_000,
                consistency: 'crash',
              },
            },
      ]),
    )
    return { ...any, graph, point: sitePoint(graph, outcomes) }
  })

test('a point is complete only if every task has its point and nothing is a gap', () => {
  check(anyPoint, ({ graph, point }) => {
    expect(SitePointRecord.parse(point)).toEqual(point)
    const isWhole =
      point.members.every(member => member.point) && !graph.skips.some(({ gap }) => gap)
    expect(point.state).toBe(isWhole ? 'complete' : 'partial')
    expect(point.reasons.length > 0).toBe(!isWhole)
    expect(point.members.map(({ taskId }) => taskId)).toEqual(graph.tasks.map(({ id }) => id))
  })
})

test('a plan goes through its phases in order, names only steps that exist, and has a step for each member', () => {
  check(anyPoint, ({ site, graph, point }) => {
    const plan = restorePlan(site, graph, point)
    expect(SiteRestorePlan.parse(plan)).toEqual(plan)
    const place = new Map(plan.steps.map(({ id }, index) => [id, index]))
    expect(place.size).toBe(plan.steps.length)
    const reach = new Map<string, Set<string>>()
    let phase = 0
    for (const [index, step] of plan.steps.entries()) {
      const now = RestorePhase.options.indexOf(step.phase)
      expect(now).toBeGreaterThanOrEqual(phase)
      phase = now
      for (const id of step.after) expect(place.get(id)).toBeLessThan(index)
      const all = new Set(step.after.flatMap(id => [id, ...(reach.get(id) ?? [])]))
      reach.set(step.id, all)
      for (const earlier of plan.steps)
        if (RestorePhase.options.indexOf(earlier.phase) < now) expect(all).toContain(earlier.id)
      expect(step.kind === 'automatic').toBe(step.job !== undefined)
    }
    for (const { taskId, point: made } of point.members)
      expect(place.has(`${made ? 'restore' : 'missing'}:${taskId}`)).toBe(true)
  })
})
