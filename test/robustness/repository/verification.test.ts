import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MemoryObjectStore } from '#adapters/memory/object-store.ts'
import { StoreDeniedError } from '#core/errors/store.ts'
import { leastRecent, readVerifications } from '#repository/check/verification.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { unlockRoot } from '#repository/crypto/slots.ts'
import type { PackRef } from '#repository/format/pack-table.ts'
import { ulid } from '#test/support/repository/arbitraries.ts'
import { backUp, emptyStore, newRepository, PASSPHRASE } from '#test/support/repository/open.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024

describe('which packs are read next', () => {
  const packs = fc.uniqueArray(ulid, { minLength: 1, maxLength: 60 }).chain(ulids =>
    fc
      .array(fc.integer({ min: 1, max: 1000 }), {
        minLength: ulids.length,
        maxLength: ulids.length,
      })
      .map(sizes =>
        ulids.map((id, i): PackRef => ({ ulid: id, kind: 'data', size: sizes[i] as number })),
      ),
  )
  /** @returns runs until every pack was read, from any state, and what each run read */
  const runs = (
    all: PackRef[],
    start: Map<string, { round: number }>,
    share: Parameters<typeof leastRecent>[2],
  ) => {
    const verified = new Map(start)
    let round = Math.max(0, ...[...start.values()].map(one => one.round))
    const seen = new Set<string>()
    const read: PackRef[][] = []
    while (seen.size < all.length) {
      const now = leastRecent(all, verified, share)
      expect(now.length).toBeGreaterThan(0)
      round++
      for (const pack of now) {
        seen.add(pack.ulid)
        verified.set(pack.ulid, { round })
      }
      read.push(now)
    }
    return read
  }
  const state = (all: PackRef[]) =>
    fc
      .array(fc.nat(20), { minLength: all.length, maxLength: all.length })
      .map(rounds => new Map(all.map((pack, i) => [pack.ulid, { round: rounds[i] as number }])))

  test('with a share, everything is read within 1 / share runs, whatever was before', () => {
    fc.assert(
      fc.property(
        packs.chain(all => fc.tuple(fc.constant(all), state(all))),
        fc.integer({ min: 1, max: 100 }),
        ([all, start], percent) => {
          const read = runs(all, start, { sample: percent / 100 })
          expect(read.length).toBeLessThanOrEqual(Math.ceil(100 / percent))
        },
      ),
    )
  })

  test('with a limit, no run reads more, and everything is read in the runs that the limit allows', () => {
    fc.assert(
      fc.property(
        packs.chain(all => fc.tuple(fc.constant(all), state(all))),
        fc.integer({ min: 1, max: 5000 }),
        ([all, start], limit) => {
          const read = runs(all, start, { limit })
          const bytesOf = (some: PackRef[]) => some.reduce((sum, { size }) => sum + size, 0)
          for (const some of read)
            if (some.length > 1) expect(bytesOf(some)).toBeLessThanOrEqual(limit)
          // Any two in a row read more than the limit; so no more than twice what it takes, and one.
          expect(read.length).toBeLessThanOrEqual(2 * Math.ceil(bytesOf(all) / limit) + 1)
        },
      ),
    )
  })

  test('what was never read comes first, then what was read longest ago', () => {
    const pack = (n: number): PackRef => ({
      ulid: `01KAA0000000000000000000${String(n).padStart(2, '0')}`,
      kind: 'data',
      size: 1,
    })
    const all = [1, 2, 3, 4].map(pack)
    const verified = new Map([
      [pack(1).ulid, { round: 3 }],
      [pack(2).ulid, { round: 1 }],
      [pack(4).ulid, { round: 2 }],
    ])
    expect(leastRecent(all, verified, { sample: 0.75 }).map(one => one.ulid)).toEqual(
      [3, 2, 4].map(n => pack(n).ulid),
    )
    expect(leastRecent(all, verified, { sample: 0 })).toEqual([])
  })
})

const withPacks = async (jobs: number) => {
  const store = emptyStore()
  const made = await newRepository(store)
  const add = async () => {
    const image = made.random.bytes(20 * CHUNK)
    await backUp(made.repository, { jobId: made.jobId(), disks: [{ diskId: 'a', image }] })
  }
  for (let i = 0; i < jobs; i++) await add()
  const packs = () => [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')]
  return { ...made, store, add, packs }
}

const stateOf = async (store: MemoryObjectStore, id: string) => {
  const root = await unlockRoot(store, id, { passphrase: PASSPHRASE })
  return readVerifications({ store, keys: deriveKeys(root, Buffer.from(id, 'hex')) })
}

test('checks by somebody who remembers nothing, with a clock that jumps, cover everything again and again', async () => {
  const { store, reopen, clock, add, packs, repository } = await withPacks(3)
  for (let cycle = 0; cycle < 3; cycle++) {
    const before = (await stateOf(store, repository.id)).packs
    for (let run = 0; run < 4; run++) {
      clock.time += run % 2 === 0 ? 3_600_000 : -7_200_000
      const checker = await reopen()
      const report = await checker.check({ level: 1, sample: 0.25 })
      expect(report.findings).toEqual([])
      expect(report.packsRead).toBe(Math.ceil(packs().length / 4))
      await checker.close()
    }
    const after = (await stateOf(store, repository.id)).packs
    for (const key of packs())
      expect(after.get(key.slice(-26))?.round ?? 0).toBeGreaterThan(
        before.get(key.slice(-26))?.round ?? 0,
      )
    await add()
  }
})

test('the summary tells what was never read, how old the oldest reading is, and what was damaged', async () => {
  const { store, reopen, clock, add, packs, repository } = await withPacks(1)
  expect(await repository.verification()).toMatchObject({
    packs: packs().length,
    never: { packs: packs().length },
    oldest: undefined,
    runs: [],
  })
  const first = clock.time
  await (await reopen()).check({ level: 2 })
  clock.time += 86_400_000
  const known = packs().length
  await add()
  const [pack] = keysOf(store, 'packs/')
  flipBit(store, pack as string, 500)
  const report = await (await reopen()).check({ level: 1, limit: 1 })
  // The new ones were never read, and come first; the damaged one waits.
  expect(report.packsRead).toBe(1)
  expect(report.verification).toMatchObject({ oldest: first, newest: clock.time, damaged: 0 })
  expect(report.verification.never.packs).toBe(packs().length - known - 1)
  const all = await (await reopen()).check({ level: 2 })
  expect(all.verification).toMatchObject({ never: { packs: 0 }, damaged: 1, oldest: clock.time })
  expect(all.verification.runs.map(({ level, findings }) => [level, findings])).toEqual([
    [2, 0],
    [1, 0],
    [2, 1],
  ])
})

test('the state stays a few objects, and nothing is forgotten when one takes over the others', async () => {
  const { store, reopen, packs, clock, repository } = await withPacks(2)
  const checker = await reopen()
  await checker.check({ level: 2 })
  for (let i = 0; i < 40; i++) {
    clock.time += 1000
    await checker.check({ level: 1, limit: 1, maintenance: store })
    expect(keysOf(store, 'verify/').length).toBeLessThanOrEqual(17)
  }
  const state = await stateOf(store, repository.id)
  expect([...state.packs.keys()].sort()).toEqual(
    packs()
      .map(key => key.slice(-26))
      .sort(),
  )
  expect(state.runs).toHaveLength(41)
  expect(new Set([...state.packs.values()].map(({ round }) => round)).size).toBeGreaterThan(1)
})

test('a check that is stopped keeps what it has read', async () => {
  const { store, reopen, packs, repository } = await withPacks(3)
  const abort = new AbortController()
  const checker = await reopen()
  const work = checker.check({
    level: 2,
    signal: abort.signal,
    onProgress: ({ step, done }) => {
      if (step === 'packs' && done === 3) abort.abort()
    },
  })
  await expect(work).rejects.toMatchObject({ name: 'AbortError' })
  const kept = (await stateOf(store, repository.id)).packs.size
  expect(kept).toBeGreaterThanOrEqual(3)
  expect(kept).toBeLessThan(packs().length)
})

test('who may only read gets the report, and nothing is written', async () => {
  const { store, reopen } = await withPacks(1)
  const before = store.objects.size
  const denied = {
    ...store,
    put: async (key: string) => {
      throw new StoreDeniedError(`write "${key}"`, store.address)
    },
  }
  const report = await (await reopen({ store: denied })).check({ level: 2 })
  expect(report).toMatchObject({ findings: [], notRecorded: expect.stringContaining('permission') })
  expect(store.objects.size).toBe(before)
})

test('damaged results count for nothing, and say so by being made anew', async () => {
  const { store, reopen, repository, packs } = await withPacks(1)
  await (await reopen()).check({ level: 2 })
  const [key] = keysOf(store, 'verify/')
  flipBit(store, key as string, 70)
  expect(await repository.verification()).toMatchObject({ never: { packs: packs().length } })
  await (await reopen()).check({ level: 2, maintenance: store })
  expect(await repository.verification()).toMatchObject({ never: { packs: 0 } })
  expect(keysOf(store, 'verify/')).not.toContain(key)
})
