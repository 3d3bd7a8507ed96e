import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { backUp, newRepository } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const DAY = 24 * 60 * 60 * 1000

const twoPoints = async () => {
  const clock = frozenClock()
  const store = memoryObjectStore({ clock })
  const world = await newRepository(store)
  const backup = async () => {
    const disks = [{ diskId: 'a', image: world.random.bytes(64 * 1024) }]
    return (await backUp(world.repository, { jobId: world.jobId(), disks })).point
  }
  return { ...world, time: clock, store, first: await backup(), second: await backup() }
}

test('what was found out about a point is read back from the store alone, and goes with the point', async () => {
  const { repository, store, time, clock, first, second, reopen } = await twoPoints()
  await repository.keepProof(first, { kind: 'boot-check', verdict: 'booted' })
  await repository.keepProof(second, { kind: 'boot-check', verdict: 'did-not-boot' })
  clock.time += 1_000
  await repository.keepProof(second, { kind: 'boot-check', verdict: 'booted' })
  const other = await reopen()
  const told = async () => (await Array.fromAsync(other.proofs())).map(({ pointId }) => pointId)
  expect(await told()).toEqual([first.id, second.id, second.id])
  expect(await Array.fromAsync(other.proofs(second.id))).toMatchObject([
    { result: { verdict: 'did-not-boot' } },
    { result: { verdict: 'booted' } },
  ])
  expect((await other.check({ level: 2 })).findings).toEqual([])

  time.time += 4 * DAY
  await other.collectGarbage({ store })
  expect(await told()).toHaveLength(3)
  await other.removePoint(first, store)
  await other.collectGarbage({ store })
  expect(await told()).toEqual([second.id, second.id])
  await other.close()
})

test('one that is damaged counts for nothing, and a check tells of it', async () => {
  const { repository, store, first } = await twoPoints()
  await repository.keepProof(first, { verdict: 'booted' })
  const [key = ''] = keysOf(store, 'proofs/')
  flipBit(store, key, 80)
  expect(await Array.fromAsync(repository.proofs())).toEqual([])
  expect((await repository.check({ level: 1 })).findings).toMatchObject([{ object: key }])
})
