import { expect, test } from 'vitest'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import { emptyStore, newRepository, OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'
import { CHUNK, CHUNKS, chunkAt, startOf, TUNING } from '#test/support/repository/two-vms.ts'

test('a damaged chunk is read from another pack that has it too', async () => {
  const store = emptyStore()
  const made = await newRepository(store, { tuning: TUNING })
  // Two agents that start at the same moment know nothing of each other's packs.
  const other = await made.reopen({ tuning: TUNING })
  const image = Buffer.from(made.random.bytes(CHUNKS * CHUNK))
  const begin = async (repository: Repository, vmUuid: string) => {
    const writer = await repository.beginPoint({ jobId: made.jobId(), vmUuid })
    const disk = await writer.disk({
      diskId: 'a',
      size: image.length,
      chunkSize: CHUNK,
      keep: false,
    })
    return { writer, disk }
  }
  const one = await begin(made.repository, VM)
  const two = await begin(other, OTHER_VM)
  for (const { writer, disk } of [one, two]) {
    await disk.write(0, Buffer.from(image))
    await disk.finish()
    await writer.commit({})
  }
  const [first, second] = keysOf(store, 'packs/') as [string, string]
  flipBit(store, first, startOf(2) + 500)
  flipBit(store, second, startOf(4) + 500)
  const reader = await made.reopen({ tuning: TUNING })
  for (const uuid of [VM, OTHER_VM]) {
    const point = await reader.latestPoint(uuid)
    // A table that has seen both points' packs.
    await reader.check({ level: 0 })
    expect((await readAll(reader.readDisk(point as Point, 'a'))).equals(image)).toBe(true)
  }
  const { findings } = await reader.check({ level: 2 })
  expect(findings.map(({ affected }) => affected)).toEqual([[], []])

  // One of the packs goes, with the point that needed it: its copies do not count any more, whatever the table remembers.
  const needed = (await reader.latestPoint(VM)) as Point
  const gone = [first, second].find(key => !needed.packs.has(key.slice(-26))) as string
  store.objects.delete(gone)
  store.objects.delete(((await reader.latestPoint(OTHER_VM)) as Point).key)
  const chunk = gone === second ? 2 : 4
  expect((await reader.check({ level: 2 })).findings).toMatchObject([
    { affected: [{ vmUuid: VM, diskId: 'a', ...chunkAt(chunk) }] },
  ])
})
