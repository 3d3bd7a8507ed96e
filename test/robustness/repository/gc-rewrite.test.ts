import { describe, expect, test } from 'vitest'
import { dryRun } from '#adapters/wrap/dry-run.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import {
  backUpOnto,
  CHUNK,
  CHUNKS,
  cut,
  DAY,
  halfDead,
  rewritable,
} from '#test/support/repository/half-dead.ts'
import { OTHER_VM, VM } from '#test/support/repository/open.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

test('what is needed of a pack that is half dead goes to a new one, the rest goes', async () => {
  const { collectAll, isThere, old, faults, repository, second, store } = await rewritable()
  const before = keysOf(store, 'packs/').reduce((sum, key) => sum + sizeOf(store, key), 0)
  const reports = await collectAll()
  expect(reports[0]?.rewritten).toMatchObject({ packs: 1, locked: 0 })
  expect(reports[0]?.text.join('\n')).toMatch(
    /Rewrote 1 pack \(0\.5 MiB\) of which little was needed: 0\.2 MiB went to new packs/,
  )
  expect(isThere(old)).toBe(false)
  const after = keysOf(store, 'packs/').reduce((sum, key) => sum + sizeOf(store, key), 0)
  expect(before - after).toBeGreaterThan(5 * CHUNK - 2000)
  expect(await faults()).toEqual([])
  // The commit record names the old pack for ever; a reader sees what became of it.
  const point = await repository.readPoint(second)
  expect(point.packs.has(old)).toBe(false)
  expect(reports.slice(1).every(({ rewritten }) => rewritten.packs === 0)).toBe(true)
  const repo = keysOf(store, 'repo/').at(-1) as string
  expect(JSON.parse(Buffer.from(await store.get(repo)).toString()).features).toEqual({
    compatible: [],
    incompatible: ['moved'],
    readOnlyCompatible: ['gc'],
  })
})

const sizeOf = (store: { objects: Map<string, { bytes: Uint8Array }> }, key: string): number =>
  store.objects.get(key)?.bytes.length ?? 0

test('a dry run tells just what the run then does, and changes nothing', async () => {
  const { store, time, reopen, collect, pass } = await rewritable()
  for (let i = 0; i < 4; i++) {
    const before = structuredClone([...store.objects])
    const other = await reopen()
    const dry = await other.collectGarbage({ store: dryRun(store, time) })
    await other.close()
    expect([...store.objects]).toEqual(before)
    expect((await collect()).text).toEqual(dry.text)
    pass(4)
  }
})

test('a pack is rewritten again when the new one dies in turn', async () => {
  const world = await rewritable()
  const { collectAll, repository, jobId, second, changed, store, random, faults, pass } = world
  await collectAll()
  const base = await repository.readPoint(second)
  const [moved] = [...base.packs.values()].filter(({ ulid, kind }) => {
    return kind === 'data' && !second.packs.has(ulid)
  })
  const image = Buffer.from(changed)
  image.set(random.bytes(2 * CHUNK), 5 * CHUNK) // one of three is left
  const third = await backUpOnto(repository, { jobId: jobId(), vmUuid: VM, base }, image, changed)
  expect([...third.packs.keys()]).toContain(moved?.ulid)
  await repository.removePoint(second, store)
  pass(4)
  await collectAll()
  expect(keysOf(store, 'packs/').some(key => key.endsWith(moved?.ulid as string))).toBe(false)
  expect(await faults(new Map([[third.id, image]]))).toEqual([])
})

describe('a collector that dies while it rewrites', () => {
  const steps = ['put gc/move/', 'put packs/', 'put index/', 'put gc/moved/', 'put repo/']
  test.each(steps.flatMap(step => [`${step} before`, `${step} after`]))('%s', async step => {
    const { collect, collectAll, faults, store, isThere, old, pass } = await rewritable()
    const [method, prefix, when] = step.split(' ') as ['put', string, string]
    const broken = faulty(store, [
      {
        on: method,
        key: new RegExp(`^${prefix}`),
        ...(when === 'before' ? { instead: cut() } : { lost: cut() }),
      },
    ])
    await expect(collect(broken)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(broken.unused()).toEqual([])
    expect(await faults()).toEqual([])
    pass(8)
    await collectAll()
    await collectAll()
    expect(isThere(old)).toBe(false)
    expect(await faults()).toEqual([])
    expect(keysOf(store, 'packs/')).toHaveLength(2)
  })
})

test('a pack is not rewritten while it is locked, and then it is', async () => {
  const world = await halfDead({ lock: { mode: 'compliance', days: 5 } })
  const { collect, collectAll, repository, second, first, store, pass, faults, isThere } = world
  pass(30)
  await repository.removePoint(first, store)
  // Somebody extends the lock of the other point.
  const until = world.time.time + 20 * DAY
  for (const { kind, ulid } of second.packs.values())
    await store.retain(
      keysOf(store, kind === 'data' ? 'packs/' : 'meta/').find(k => k.endsWith(ulid)) as string,
      until,
      'compliance',
    )
  const report = await collect()
  expect(report.rewritten).toMatchObject({ packs: 0, locked: 1 })
  expect(report.text.join('\n')).toContain(
    'Left 1 pack as it is, of which little is needed: locked',
  )
  pass(21)
  await collectAll()
  expect(isThere(world.old)).toBe(false)
  expect(await faults()).toEqual([])
})

test('every pack comes to its turn, also behind one that cannot be rewritten', async () => {
  const { store, old, isThere, repository, pass, jobId, random, reopen, second, changed } =
    await rewritable()
  // An attempt that wrote its intent and stood still then; another one of the same job was faster.
  const request = { jobId: jobId(), vmUuid: VM, base: second }
  const broken = faulty(store, [{ on: 'put', key: /^points\//, instead: cut() }])
  const stood = await reopen({ store: broken })
  await expect(backUpOnto(stood, request, changed, changed)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
  await backUpOnto(repository, request, changed, changed)
  // And a younger pack of which little is needed.
  const image = Buffer.from(random.bytes(CHUNKS * CHUNK))
  const other = { vmUuid: OTHER_VM }
  const full = await backUpOnto(repository, { ...other, jobId: jobId() }, image)
  const next = Buffer.from(image)
  next.set(random.bytes(5 * CHUNK), 0)
  await backUpOnto(repository, { ...other, jobId: jobId(), base: full }, next, image)
  await repository.removePoint(full, store)
  pass(4)
  const [young] = [...full.packs.values()].filter(({ kind }) => kind === 'data')
  for (let run = 0; run < 40 && isThere(young?.ulid as string); run++) {
    await repository.collectGarbage({ store, tuning: { rewritePacks: 1 } })
    pass(2)
  }
  expect([isThere(old), isThere(young?.ulid as string)]).toEqual([true, false])
})

test('nothing is rewritten as long as a map cannot be read', async () => {
  const { collect, store, second, isThere, old } = await rewritable()
  const meta = [...second.packs.values()].find(({ kind }) => kind === 'meta')
  const key = keysOf(store, 'meta/').find(name => name.endsWith(meta?.ulid as string)) as string
  flipBit(store, key, 120)
  const { rewritten, text } = await collect()
  expect(rewritten.packs).toBe(0)
  expect(text.join('\n')).toContain('Rewrote no pack, since not all maps can be read')
  expect(keysOf(store, 'gc/move/')).toEqual([])
  expect(isThere(old)).toBe(true)
})

test('a pack with a damaged record stays', async () => {
  const { collectAll, store, isThere, old } = await rewritable()
  const key = keysOf(store, 'packs/').find(name => name.endsWith(old)) as string
  flipBit(store, key, sizeOf(store, key) - 84 - 16 - 800) // in the last record, which is needed
  await collectAll()
  expect(isThere(old)).toBe(true)
})
