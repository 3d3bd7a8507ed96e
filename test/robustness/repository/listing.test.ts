import { expect, test } from 'vitest'
import { checkListing } from '#repository/check/listing.ts'
import { backUp, emptyStore, newRepository } from '#test/support/repository/open.ts'
import { bytesOf, flipBit, keysOf, replace, swap } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024

const setUp = async () => {
  const store = emptyStore()
  const made = await newRepository(store)
  for (let i = 0; i < 2; i++) {
    const image = made.random.bytes(10 * CHUNK)
    await backUp(made.repository, { jobId: made.jobId(), disks: [{ diskId: 'a', image }] })
  }
  await made.repository.check({ level: 2 })
  return store
}

test('a sound repository, seen by somebody without a key', async () => {
  const store = await setUp()
  const bytes = keysOf(store, '').reduce((sum, key) => sum + bytesOf(store, key).length, 0)
  expect(await checkListing(store)).toEqual({
    objects: store.objects.size,
    bytes,
    points: 2,
    packs: keysOf(store, 'packs/').length + keysOf(store, 'meta/').length,
    unknown: 0,
    findings: [],
  })
  await store.put('somebody/elses', [])
  expect(await checkListing(store)).toMatchObject({ unknown: 1, findings: [] })
})

test('one bit of any small object, the footer of a pack, and a pack that was cut or exchanged', async () => {
  const store = await setUp()
  for (const key of keysOf(store, '')) {
    const whole = bytesOf(store, key)
    const at = /^(packs|meta)/.test(key) ? whole.length - 10 : Math.min(60, whole.length - 1)
    flipBit(store, key, at, 2)
    const { findings } = await checkListing(store)
    expect(findings, key).toMatchObject([{ code: 'OBJECT_DAMAGED', object: key }])
    replace(store, key, whole)
  }
  const [a = '', b = ''] = keysOf(store, 'packs/')
  replace(store, a, bytesOf(store, a).slice(5))
  expect((await checkListing(store)).findings).toMatchObject([
    { object: a, message: expect.stringContaining('bytes instead of') },
  ])
  swap(store, a, b)
  expect((await checkListing(store)).findings.map(({ object }) => object)).toEqual([a, b])
})
