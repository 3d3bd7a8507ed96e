import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import { retrying } from '#adapters/wrap/retrying.ts'
import { StoreDeniedError, StoreFullError, StoreUnavailableError } from '#core/errors/store.ts'

const away = new StoreUnavailableError('answer')
const bytes = (text: string) => [Buffer.from(text)]

const setUp = (faults: StoreFault[], { chance = () => 1 - Number.EPSILON, attempts = 4 } = {}) => {
  const waits: number[] = []
  const memory = memoryObjectStore()
  const trouble = faulty(memory, faults)
  const sleep = async (ms: number) => void waits.push(Math.round(ms))
  const store = retrying(trouble, { sleep, chance, attempts, firstDelay: 100, longestDelay: 150 })
  return { store, memory, waits, unused: trouble.unused }
}

test('what fails for a moment succeeds, after growing waits with a limit', async () => {
  const { store, memory, waits, unused } = setUp([{ on: 'put', times: 3, instead: away }])
  await store.put('a', bytes('x'))
  expect(memory.objects.size).toBe(1)
  expect(waits).toEqual([100, 150, 150])
  expect(unused()).toEqual([])
})

test('chance takes up to half of a wait away', async () => {
  const { store, waits } = setUp([{ on: 'stat', times: 2, instead: away }], { chance: () => 0 })
  await store.stat('a')
  expect(waits).toEqual([50, 75])
})

test('after the last attempt the error is told', async () => {
  const { store, waits, unused } = setUp([{ on: 'get', times: 4, instead: away }])
  await expect(store.get('a')).rejects.toBe(away)
  expect(waits).toHaveLength(3)
  expect(unused()).toEqual([])
})

test.each([
  ['STORE_DENIED', new StoreDeniedError('read')],
  ['STORE_FULL', new StoreFullError('here')],
])('%s is told at once', async (code, instead) => {
  const { store, waits } = setUp([{ on: 'put', instead }])
  await expect(store.put('a', bytes('x'))).rejects.toMatchObject({ code })
  expect(waits).toEqual([])
})

test('a put whose reply got lost has succeeded', async () => {
  const { store, memory, waits } = setUp([{ on: 'put', lost: away }])
  await store.put('a', [...bytes('our'), ...bytes('s')])
  expect(waits).toEqual([100])
  expect(Buffer.from(memory.objects.get('a')?.bytes ?? []).toString()).toBe('ours')
})

test.each(['other', 'longer than ours'])(
  'when somebody else made the object meanwhile (%s), the put has not succeeded',
  async others => {
    const rival = async () => memory.put('a', bytes(others))
    const { store, memory } = setUp([{ on: 'put', before: rival, instead: away }])
    await expect(store.put('a', bytes('ours!'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' })
  },
)

test('an object that was there before is no success, whatever its bytes', async () => {
  const { store, memory } = setUp([])
  await memory.put('a', bytes('same'))
  await expect(store.put('a', bytes('same'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' })
})

test('the comparison after a lost reply may fail for a moment, too', async () => {
  const { store, unused } = setUp([
    { on: 'put', lost: away },
    { on: 'stat', instead: away },
    { on: 'get', instead: away },
  ])
  await store.put('a', bytes('ours'))
  expect(unused()).toEqual([])
})

test('a broken list goes on where it was, each object once', async () => {
  const { store, memory, waits, unused } = setUp([
    { on: 'list', key: /^p\/2/, times: 3, instead: away },
    { on: 'list', key: /^p\/4/, times: 3, instead: away },
    { on: 'list', key: /^p\/$/, instead: away },
  ])
  for (const n of [1, 2, 3, 4, 5]) await memory.put(`p/${n}`, bytes('x'))
  const keys = (await Array.fromAsync(store.list('p/', { after: 'p/1' }))).map(o => o.key)
  expect(keys).toEqual(['p/2', 'p/3', 'p/4', 'p/5'])
  expect(waits).toHaveLength(7)
  expect(unused()).toEqual([])
})

test('a list that stays away is an error', async () => {
  const { store } = setUp([{ on: 'list', times: 4, instead: away }])
  await expect(Array.fromAsync(store.list(''))).rejects.toBe(away)
})

test('a broken list of versions goes on within a key, each version once', async () => {
  const { store, memory, waits, unused } = setUp([
    { on: 'versions', key: /^p\/2/, skip: 1, times: 3, instead: away },
    { on: 'versions', key: /^p\/3/, times: 3, instead: away },
    { on: 'versions', key: /^p\/$/, instead: away },
  ])
  for (const n of [1, 2, 3]) await memory.put(`p/${n}`, bytes('x'))
  for (const n of [1, 2, 3]) memory.overwrite(`p/2`, Buffer.from(`${n}`))
  memory.hide('p/3')
  const found = await Array.fromAsync(store.versions('p/'))
  expect(found).toEqual(await Array.fromAsync(memory.versions('p/')))
  expect(found.map(({ key }) => key)).toEqual(['p/1', 'p/2', 'p/2', 'p/2', 'p/2', 'p/3', 'p/3'])
  const after = await Array.fromAsync(store.versions('p/', { after: 'p/2' }))
  expect(after.map(({ key }) => key)).toEqual(['p/3', 'p/3'])
  expect(waits).toHaveLength(7)
  expect(unused()).toEqual([])
})

test('locking, asking for locks, reading versions and removing are repeated, also after a lost reply', async () => {
  const { store, memory, waits, unused } = setUp([
    { on: 'lockSupport', instead: away },
    { on: 'retain', lost: away },
    { on: 'retention', instead: away },
    { on: 'getVersion', instead: away },
    { on: 'remove', lost: away },
  ])
  await memory.put('a', bytes('x'))
  expect(await store.lockSupport()).toMatchObject({ versioning: true, objectLock: true })
  const [found] = await Array.fromAsync(store.versions('a'))
  expect(await store.getVersion('a', found?.version ?? '')).toHaveLength(1)
  await store.retain('a', Date.now() - 1000, 'governance')
  expect(await store.retention('a')).toMatchObject({ mode: 'governance' })
  await store.remove('a', found?.version ?? '')
  expect(memory.objects.size).toBe(0)
  expect(waits).toHaveLength(5)
  expect(unused()).toEqual([])
})

test('a locked version is told at once', async () => {
  const { store, memory, waits } = setUp([])
  await memory.put('a', bytes('x'))
  await memory.retain('a', Date.now() + 60_000, 'compliance')
  await expect(store.remove('a', 'v1')).rejects.toMatchObject({ code: 'OBJECT_LOCKED' })
  expect(waits).toEqual([])
})
