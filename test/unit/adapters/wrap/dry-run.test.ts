import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { dryRun } from '#adapters/wrap/dry-run.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'

const bytes = (text: string) => Buffer.from(text)
const setUp = async () => {
  const clock = frozenClock()
  const store = memoryObjectStore({ clock })
  for (const key of ['a/1', 'a/3', 'b/1']) await store.put(key, [bytes(key)])
  const before = structuredClone([...store.objects])
  const dry = dryRun(store, clock, key => key.startsWith('packs/'))
  return { store, dry, unchanged: () => expect([...store.objects]).toEqual(before) }
}
const keys = async (of: AsyncIterable<{ key: string }>) =>
  (await Array.fromAsync(of)).map(({ key }) => key)

test('shows what was put and hides what was removed, and changes nothing', async () => {
  const { dry, unchanged } = await setUp()
  await dry.put('a/2', [bytes('two'), bytes(' parts')])
  await dry.put('packs/1', [bytes('large')])
  const [first] = await Array.fromAsync(dry.versions('a/1'))
  await dry.remove('a/1', first?.version as string)
  expect(await keys(dry.list(''))).toEqual(['a/2', 'a/3', 'b/1', 'packs/1'])
  expect(await keys(dry.versions('a/', { after: 'a/2' }))).toEqual(['a/3'])
  expect(Buffer.from(await dry.get('a/2', { last: 5 })).toString()).toBe('parts')
  expect(Buffer.from(await dry.get('a/2', { offset: 0, length: 3 })).toString()).toBe('two')
  expect((await dry.stat('packs/1'))?.size).toBe(5)
  await expect(dry.get('packs/1')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
  await expect(dry.get('a/1')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
  expect(await dry.stat('a/1')).toBeUndefined()
  expect(Buffer.from(await dry.get('b/1')).toString()).toBe('b/1')
  unchanged()
})

test('a name is taken by what is there and by what was put, and free when that is removed', async () => {
  const { dry, unchanged } = await setUp()
  await expect(dry.put('a/1', [])).rejects.toMatchObject({ code: 'OBJECT_EXISTS' })
  await dry.put('c', [bytes('1')])
  await expect(dry.put('c', [])).rejects.toMatchObject({ code: 'OBJECT_EXISTS' })
  for (const key of ['a/1', 'c'])
    for (const { version } of await Array.fromAsync(dry.versions(key)))
      await dry.remove(key, version)
  await dry.put('a/1', [bytes('new')])
  expect(Buffer.from(await dry.get('a/1')).toString()).toBe('new')
  expect(await keys(dry.list('c'))).toEqual([])
  unchanged()
})
