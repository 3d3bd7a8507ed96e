import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { Point, Repository } from '#repository/index.ts'
import { newRepository, OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'
import { CHUNK, CHUNKS, chunkAt, startOf, TUNING } from '#test/support/repository/two-vms.ts'

const DAY = 86_400_000

/** Two VMs with the same disk, by agents that knew nothing of each other: every chunk twice. Then the first one's pack is damaged. */
const setUp = async () => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time })
  const made = await newRepository(store, { tuning: TUNING })
  const other = await made.reopen({ tuning: TUNING })
  const image = Buffer.from(made.random.bytes(CHUNKS * CHUNK))
  const begin = async (repository: Repository, vmUuid: string) => {
    const writer = await repository.beginPoint({ jobId: made.jobId(), vmUuid })
    const request = { diskId: 'a', size: image.length, chunkSize: CHUNK, keep: false }
    return { writer, disk: await writer.disk(request) }
  }
  const both = [await begin(made.repository, VM), await begin(other, OTHER_VM)]
  const points: Point[] = []
  for (const { writer, disk } of both) {
    await disk.write(0, Buffer.from(image))
    await disk.finish()
    points.push(await writer.commit({}))
  }
  const [mine, theirs] = points as [Point, Point]
  const packOf = ({ packs }: Point) => {
    const pack = [...packs.values()].find(({ kind }) => kind === 'data')
    return pack?.ulid as string
  }
  const nameOf = (ulid: string) => keysOf(store, 'packs/').find(key => key.endsWith(ulid))
  flipBit(store, nameOf(packOf(mine)) as string, startOf(2) + 500)
  const collectAll = async () => {
    const collector = await made.reopen({ tuning: TUNING })
    for (let i = 0; i < 6; i++) {
      time.time += 9 * DAY
      await collector.collectGarbage({ store })
    }
    await collector.close()
  }
  const fresh = () => made.reopen({ tuning: TUNING })
  const isThere = (point: Point) => nameOf(packOf(point)) !== undefined
  return { ...made, store, image, mine, theirs, lender: packOf(theirs), collectAll, fresh, isThere }
}

test('a chunk that only another point has whole is kept for the one that lost it, as long as that is there', async () => {
  const { store, image, mine, theirs, lender, collectAll, fresh, isThere } = await setUp()
  const checker = await fresh()
  const { findings, borrowed } = await checker.check({ level: 2 })
  expect(findings).toMatchObject([{ affected: [] }])
  expect(borrowed).toEqual([{ point: mine.key, packs: [lender] }])
  const objects = findings.map(({ object }) => object)
  const healing = await checker.heal({ store, objects, borrowed })
  expect(healing.kept).toEqual([{ point: mine.key, packs: [lender] }])
  // Once is enough.
  expect((await checker.heal({ store, objects, borrowed })).kept).toEqual([])

  await checker.removePoint(theirs, store)
  await collectAll()
  expect(isThere(theirs)).toBe(true)
  const reader = await fresh()
  expect((await readAll(reader.readDisk(await reader.readPoint(mine), 'a'))).equals(image)).toBe(
    true,
  )
  expect((await reader.check({ level: 2 })).findings).toMatchObject([{ affected: [] }])

  await reader.removePoint(mine, store)
  await collectAll()
  expect(keysOf(store, 'packs/')).toEqual([])
})

test('without that it goes with the point that needed it, and the check says what is lost', async () => {
  const { store, mine, theirs, collectAll, fresh, isThere } = await setUp()
  const checker = await fresh()
  await checker.check({ level: 2 })
  await checker.removePoint(theirs, store)
  await collectAll()
  expect(isThere(theirs)).toBe(false)
  const { findings, borrowed } = await (await fresh()).check({ level: 2 })
  expect(findings).toMatchObject([{ affected: [{ pointId: mine.id, ...chunkAt(2) }] }])
  expect(borrowed).toEqual([])
})
