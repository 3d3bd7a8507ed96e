import { describe, expect, test, vi } from 'vitest'
import { Moves } from '#repository/gc/moves.ts'
import {
  blind,
  intentAfterReading,
  markAfterListing,
  openNames,
  withoutIntent,
} from '#test/support/repository/gc-sabotage.ts'
import {
  collectToTheEnd,
  faultsOf,
  runSchedule,
  type WorldOptions,
} from '#test/support/repository/gc-world.ts'

/** More of them: XENKEEP_SCHEDULES=2000; one of them again: XENKEEP_SCHEDULE_FROM=its seed, XENKEEP_SCHEDULES=1. */
const COUNT = Number(process.env.XENKEEP_SCHEDULES ?? 30)
const FROM = Number(process.env.XENKEEP_SCHEDULE_FROM ?? 1)
const seeds = Array.from({ length: COUNT }, (_, i) => FROM + i)

/**
 * Motivation: agents and collectors share no lock and no clock. A job may stand still for days between any two of its steps, lose its
 * lease to another gateway and go on nevertheless; collectors may be started twice, and die anywhere.
 *
 * Steps: sometimes after a while in which packs have become half dead, two agents with clocks a day behind and a day ahead back up two VMs, with few different contents so that forgotten chunks
 * come back, sometimes the same job both at once; two collectors, mostly without any waiting time, so that nothing but the protocol
 * protects a point; somebody deletes points. Every call to the store waits for its turn, the turns are drawn from a seed, and so is who stands
 * still for how long, who dies, and how much time passes.
 *
 * Pass: every point that is listed restores byte for byte and its packs are all there; no committed point is gone that nobody deleted;
 * no deleted one is back. Then, with everybody gone, a few more collections leave nothing but what points and open intents name.
 */
describe('a random schedule of agents, collectors and deletions', () => {
  const seen = new Map<string, number>()

  test.each(seeds)('seed %i', async seed => {
    const world = await runSchedule(seed, { profile: seed % 2 === 0 ? 'mixed' : 'rewriting' })
    expect(await faultsOf(world), `seed ${seed}:\n${world.trace.join('\n')}`).toEqual([])
    for (const [code, times] of world.codes) seen.set(code, (seen.get(code) ?? 0) + times)
    expect(await collectToTheEnd(world)).toEqual([])
    expect(await faultsOf(world)).toEqual([])
  })

  test('the same seed is the same schedule', async () => {
    const trace = async () => (await runSchedule(1, { profile: 'rewriting' })).trace
    expect(await trace()).toEqual(await trace())
  })

  test.runIf(COUNT >= 30)('everything that can happen has happened', () => {
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([
        'committed',
        'deleted',
        'collected',
        'spared',
        'rewritten',
        'PACKS_CONDEMNED',
        'POINT_CLOSED',
        'BASE_DELETED',
      ]),
    )
  })
})

/** @param from the seed that found something last time: where the code has changed, another one has to be looked for */
const firstFaults = async (from: number, options: WorldOptions): Promise<string[]> => {
  for (let seed = from; seed < from + 150; seed++) {
    const found = await faultsOf(await runSchedule(seed, options))
    if (found.length > 0) return found
  }
  return []
}

/** The same schedules find each of these mistakes: they can fail. */
describe('the schedules notice', { timeout: 180_000 }, () => {
  test.each<[string, number, WorldOptions]>([
    ['an agent without intents', 6, { sabotageAgents: withoutIntent }],
    [
      'an agent that reads the state first and writes its intent then',
      19,
      { sabotageAgents: intentAfterReading },
    ],
    ['an agent that ignores the state', 16, { sabotageAgents: blind }],
    ['a collector that lists before its sweep mark', 1, { sabotageCollectors: markAfterListing }],
    [
      'a collector that leaves the names of given-up jobs open',
      67,
      { sabotageCollectors: openNames },
    ],
  ])('%s', async (_, from, options) => {
    expect(await firstFaults(from, options)).not.toEqual([])
  })

  test('a rewrite that is taken to cover everybody', async () => {
    const covers = vi.spyOn(Moves.prototype, 'covers').mockImplementation(function (
      this: Moves,
      ulid,
    ) {
      return this.next(ulid) !== undefined
    })
    try {
      expect(await firstFaults(2, { profile: 'rewriting' })).not.toEqual([])
    } finally {
      covers.mockRestore()
    }
  })
})
