import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { asOf, openAsOf } from '#adapters/wrap/as-of.ts'
import { backUp, newRepository, readAll } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'

const HOUR = 3_600_000 // ms
const NOT_THERE = { code: 'OBJECT_NOT_FOUND' }

const setUp = () => {
  const clock = frozenClock()
  const store = memoryObjectStore({ clock })
  const at = (hours: number) => frozenClock().time + hours * HOUR
  const set = (hours: number) => {
    clock.time = at(hours)
  }
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  const stateAt = async (hours: number) => {
    const past = asOf(store, at(hours))
    const state: { [key: string]: string } = {}
    for await (const { key, size, modified } of past.list('')) {
      state[key] = text(await past.get(key))
      expect(await past.stat(key)).toEqual({ key, size, modified })
      expect(size).toBe(state[key].length)
      expect(modified).toBeLessThanOrEqual(at(hours))
    }
    return state
  }
  return { store, set, at, text, stateAt }
}

test('each time has its own state, whatever was written, deleted and overwritten since', async () => {
  const { store, set, stateAt } = setUp()
  const put = (key: string, text: string) => store.put(key, [Buffer.from(text)])
  set(1)
  await put('a/b', 'first')
  await put('a-b', 'other')
  set(2)
  await put('a/b.c', 'young')
  set(3)
  store.overwrite('a/b', Buffer.from('ransom'))
  set(4)
  store.hide('a/b')
  store.hide('a-b')
  set(5)
  await put('a/b', 'again')

  expect(await stateAt(0)).toEqual({})
  expect(await stateAt(1)).toEqual({ 'a-b': 'other', 'a/b': 'first' })
  expect(await stateAt(2)).toEqual({ 'a-b': 'other', 'a/b': 'first', 'a/b.c': 'young' })
  expect(await stateAt(3)).toEqual({ 'a-b': 'other', 'a/b': 'ransom', 'a/b.c': 'young' })
  expect(await stateAt(4)).toEqual({ 'a/b.c': 'young' })
  expect(await stateAt(5)).toEqual({ 'a/b': 'again', 'a/b.c': 'young' })
})

test('prefix, start and range are those of a store; what was not there is not there', async () => {
  const { store, set, at, text } = setUp()
  for (const key of ['p/1', 'p/2', 'p/3', 'q/1']) await store.put(key, [Buffer.from(key)])
  set(1)
  await store.put('p/4', [])
  const past = asOf(store, at(0))
  const keys = async (prefix: string, after?: string) =>
    (await Array.fromAsync(past.list(prefix, after === undefined ? {} : { after }))).map(o => o.key)
  expect(await keys('p/')).toEqual(['p/1', 'p/2', 'p/3'])
  expect(await keys('p/', 'p/1')).toEqual(['p/2', 'p/3'])
  expect(text(await past.get('p/1', { last: 1 }))).toBe('1')
  expect(text(await past.get('p/1', { offset: 0, length: 1 }))).toBe('p')
  for (const key of ['p/4', 'p', 'never']) {
    await expect(past.get(key)).rejects.toMatchObject(NOT_THERE)
    expect(await past.stat(key)).toBeUndefined()
  }
})

test('nothing is written there', async () => {
  const { store, at } = setUp()
  await expect(asOf(store, at(1)).put('a', [])).rejects.toMatchObject({
    code: 'STORE_READ_ONLY',
    message: 'memory: is opened for reading only: it shows the state of 2026-11-22T13:00:00.000Z.',
  })
  expect(store.objects.size).toBe(0)
})

test('a store without versions has no past', async () => {
  const directory = memoryObjectStore({ versioning: false })
  await directory.put('a', [])
  await expect(openAsOf(directory, Date.now())).rejects.toMatchObject({
    code: 'STORE_WITHOUT_VERSIONS',
    message: 'memory: cannot be opened as of an earlier time: it keeps no older versions.',
  })
})

test('versioning that somebody switched off hides nothing', async () => {
  const { store, set, at } = setUp()
  await store.put('a', [Buffer.from('before')])
  set(2)
  store.overwrite('a', Buffer.from('after'))
  const off = { ...store, lockSupport: async () => ({ versioning: false, objectLock: false }) }
  const past = await openAsOf(off, at(1))
  expect(Buffer.from(await past.get('a')).toString()).toBe('before')
})

test('a repository is read as it was before somebody deleted and overwrote everything', async () => {
  const { store, set, at } = setUp()
  const { repository, reopen, jobId } = await newRepository(store)
  const image = seededRandom(1).bytes(12 * 64 * 1024)
  const disks = [{ diskId: 'a', image }]
  const { point } = await backUp(repository, { jobId: jobId(), disks })
  set(2)
  await backUp(repository, {
    jobId: jobId(),
    disks: [{ diskId: 'a', image: seededRandom(2).bytes(image.length) }],
  })
  set(3)
  for (const [i, key] of [...store.objects.keys()].entries()) {
    if (i % 2 === 0) store.hide(key)
    else store.overwrite(key, Buffer.from('pay us'))
  }

  const past = await reopen({ store: asOf(store, at(1)) })
  expect((await Array.fromAsync(past.points())).map(({ id }) => id)).toEqual([point.id])
  const found = await past.latestPoint(point.vmUuid)
  expect(found).toEqual(point)
  const bytes = await readAll(past.readDisk(point, 'a'))
  expect(bytes.equals(image)).toBe(true)
  await expect(
    backUp(past, { jobId: jobId(), disks: [{ diskId: 'a', image: seededRandom(3).bytes(65536) }] }),
  ).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
})
