import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import {
  OBJECT_NAME_LIMIT,
  OBJECTS_TOLD,
  PutReplicatedRequest,
  REPLICATED_AT_ONCE,
  type ReplicatedPage,
  slotOf,
} from '#core/contracts/replicated-points.ts'
import { putReplicated, readReplica, withReplicated } from '#core/replicated/replicated-catalog.ts'

const THREE = Date.UTC(2026, 10, 23, 3)
const HOUR = 3_600_000
const there = { place: 'eu-west-1', address: 's3://copy/vms' }
const points = [0, 1, 2, 3].map(index => ({ pointId: ulid(THREE - HOUR + index), index }))
const [whole = '', lacking = '', absent = '', later = ''] = points.map(({ pointId }) => pointId)
const slot = slotOf(whole)
const page = (changes: Partial<ReplicatedPage> = {}): ReplicatedPage => ({
  ...{ slot, number: 0, restorable: [], lacking: [] },
  ...changes,
})
const incomplete = (pointId: string, missing: number) => ({
  pointId,
  state: 'incomplete' as const,
  missing,
  objects: ['packs/aa'],
})

const textsOf = async (catalog: ReturnType<typeof memoryCatalog>) =>
  (await withReplicated(catalog, points)).map(({ replicated }) => replicated?.text)

test('each point is told with what was seen, and when; one that was not looked at is not believed to be there', async () => {
  const catalog = memoryCatalog()
  expect(await withReplicated(catalog, points)).toEqual(points)
  const states = [
    incomplete(lacking, 3),
    { pointId: absent, state: 'absent' as const, missing: 1, objects: ['points/x'] },
  ]
  const pages = [page({ restorable: [whole], lacking: states })]
  await putReplicated(catalog, { ...there, at: THREE, pages, total: { points: 3, restorable: 1 } })
  expect(await textsOf(catalog)).toEqual([
    'also in eu-west-1 as of 2026-11-23 03:00 UTC',
    'not yet in eu-west-1: 3 objects are missing or unreadable, as of 2026-11-23 03:00 UTC',
    'not yet in eu-west-1: it has not arrived, as of 2026-11-23 03:00 UTC',
    'never compared with eu-west-1',
  ])
  expect((await withReplicated(catalog, points))[1]?.replicated).toMatchObject({
    ...{ place: 'eu-west-1', state: 'incomplete', asOf: THREE, missing: 3, objects: ['packs/aa'] },
  })
  expect(await readReplica(catalog)).toEqual({
    ...there,
    compared: { points: 3, restorable: 1, asOf: THREE },
  })
})

test('of pages that several comparisons left, what was seen last counts', async () => {
  const catalog = memoryCatalog()
  const first = [
    page({ restorable: [whole] }),
    page({ number: 1, lacking: [incomplete(later, 1)] }),
  ]
  await putReplicated(catalog, { ...there, at: THREE, pages: first })
  const at = THREE + 6 * HOUR
  // Fewer points now: page 1 is not written again, and still tells of `later`.
  const second = [page({ restorable: [later], lacking: [incomplete(whole, 1)] })]
  const total = { points: 2, restorable: 1 }
  await putReplicated(catalog, { ...there, at, pages: second, total })
  expect(await textsOf(catalog)).toEqual([
    'not yet in eu-west-1: 1 object is missing or unreadable, as of 2026-11-23 09:00 UTC',
    'never compared with eu-west-1',
    'never compared with eu-west-1',
    'also in eu-west-1 as of 2026-11-23 09:00 UTC',
  ])
})

test('a replica that cannot be opened has no point, whatever lies there', async () => {
  const catalog = memoryCatalog()
  const shut = 'None of the key slots of the repository is there.'
  const pages = [page({ lacking: [{ ...incomplete(whole, 0), objects: [] }] })]
  const total = { points: 1, restorable: 0 }
  await putReplicated(catalog, { ...there, at: THREE, shut, pages, total })
  expect((await textsOf(catalog))[0]).toBe(
    'NOT in eu-west-1: nothing can be opened there (None of the key slots of the repository is there), as of 2026-11-23 03:00 UTC',
  )
})

test('a comparison that failed is told beside what was seen before, until one succeeds; not of another replica', async () => {
  const catalog = memoryCatalog()
  const total = { points: 1, restorable: 1 }
  const fails = (address: string) =>
    putReplicated(catalog, { ...there, address, at: THREE + 1, pages: [], trouble: 'It is away.' })
  const trouble = { at: THREE + 1, message: 'It is away.' }
  await fails(there.address)
  expect(await readReplica(catalog)).toEqual({ ...there, trouble })
  await putReplicated(catalog, { ...there, at: THREE, pages: [], total })
  expect(await readReplica(catalog)).toEqual({ ...there, compared: { ...total, asOf: THREE } })
  await fails(there.address)
  expect(await readReplica(catalog)).toMatchObject({ compared: { asOf: THREE }, trouble })
  await fails('s3://other')
  expect(await readReplica(catalog)).toEqual({ place: 'eu-west-1', address: 's3://other', trouble })
})

test('the fullest call that the contract lets in fits into items of the catalog', async () => {
  const objects = Array.from({ length: OBJECTS_TOLD }, () => 'x'.repeat(OBJECT_NAME_LIMIT))
  const state = { state: 'incomplete' as const, missing: Number.MAX_SAFE_INTEGER, objects }
  const pages = [0, 1].map(number =>
    page({
      number,
      lacking: Array.from({ length: REPLICATED_AT_ONCE }, (_, index) => ({
        pointId: ulid(THREE + index),
        ...state,
      })),
    }),
  )
  const sentence = 'x'.repeat(500)
  const call = { place: 'p'.repeat(1_000), address: 'file:/', at: THREE, shut: sentence, pages }
  expect(PutReplicatedRequest.parse(call)).toEqual(call)
  const catalog = memoryCatalog()
  await putReplicated(catalog, call)
  const { items } = await catalog.query(keys.replicated(slot, 0).pk)
  expect(items).toHaveLength(2)
  const tooMany = { ...call, pages: [page({ restorable: Array(1_001).fill(whole) })] }
  expect(PutReplicatedRequest.safeParse(tooMany).success).toBe(false)
})
