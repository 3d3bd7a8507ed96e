import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faultyCatalog } from '#adapters/wrap/faulty-catalog.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { CatalogUnavailableError } from '#core/errors/catalog.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'

const away = new StoreUnavailableError('answer')

test('faults meet the calls they name, in their turn', async () => {
  const memory = memoryObjectStore()
  const store = faulty(memory, [
    { on: 'put', key: /^packs\//, skip: 1, times: 2, instead: away },
    { on: 'get', key: /never/, instead: away },
  ])
  const outcomes: string[] = []
  for (const key of ['packs/1', 'index/1', 'packs/2', 'packs/3', 'packs/4']) {
    outcomes.push(
      await store.put(key, []).then(
        () => 'done',
        error => error.code,
      ),
    )
  }
  expect(outcomes).toEqual(['done', 'done', 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE', 'done'])
  expect([...memory.objects.keys()]).toEqual(['packs/1', 'index/1', 'packs/4'])
  expect(store.unused()).toMatchObject([{ on: 'get' }])
})

test('a delay holds the call until the test releases it; hooks see before and after', async () => {
  const memory = memoryObjectStore()
  const gate = Promise.withResolvers<void>()
  const seen: number[] = []
  const store = faulty(memory, [
    {
      on: 'put',
      before: () => gate.promise.then(() => seen.push(memory.objects.size)),
      after: () => seen.push(memory.objects.size),
    },
  ])
  const put = store.put('a', [])
  expect(await memory.stat('a')).toBeUndefined()
  gate.resolve()
  await put
  expect(seen).toEqual([0, 1])
})

test('truncation stores or sends less without saying so', async () => {
  const memory = memoryObjectStore()
  const store = faulty(memory, [
    { on: 'put', key: /a/, truncate: 4 },
    { on: 'get', key: /b/, truncate: 2 },
  ])
  await store.put('a', [Buffer.from('abc'), Buffer.from('def')])
  await store.put('b', [Buffer.from('abc')])
  expect(Buffer.from(await store.get('a')).toString()).toBe('abcd')
  expect(Buffer.from(await store.get('b')).toString()).toBe('ab')
  expect(Buffer.from(await store.get('b')).toString()).toBe('abc')
})

test('a catalog loses a reply after the write', async () => {
  const lost = new CatalogUnavailableError('answer')
  const catalog = faultyCatalog(memoryCatalog(), [{ on: 'write', key: /^run a,run b$/, lost }])
  const put = (sk: string) =>
    ({ kind: 'put', key: { pk: 'run', sk }, value: 1, expect: 'absent' }) as const
  await expect(catalog.write([put('a'), put('b')])).rejects.toBe(lost)
  expect((await catalog.query('run')).items).toHaveLength(2)
  expect(catalog.unused()).toEqual([])
})
