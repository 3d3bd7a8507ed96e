import { randomBytes } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { readAll } from '#test/support/repository/open.ts'

let machine: Machine
afterEach(() => machine.stop())

/**
 * Motivation: a schedule and a person start a backup of the same VM in the same minute. Steps: twice two runs at once, full and then incremental, with a write between.
 * Pass: each run has its point, each point is the disk as it was; nothing is left on the pool, and a run afterwards reads only what changed. Wasteful
 * is allowed: both may read in full.
 */
it('two runs for one VM at once make two whole points', { timeout: 90_000 }, async () => {
  const disk = randomBytes(12 * MiB)
  machine = await startMachine({ web01: [disk] })
  const vmUuid = machine.pool.vms.web01 as string
  const image = async () => machine.read(machine.disksOf(vmUuid)[0] as string)
  const images = new Map<string, Buffer>()
  const twice = async () => {
    const expected = Buffer.from(await image())
    const runs = await Promise.all([machine.start(['web01']), machine.start(['web01'])])
    for (const run of runs) images.set((await machine.pointOf(run)).pointId, expected)
    await machine.clean()
  }
  await twice()
  await machine.write(vmUuid, 0, 3 * MiB, randomBytes(64 * 1024))
  await twice()
  expect(images.size).toBe(4)

  const repository = await machine.site.openRepository()
  const points = await Array.fromAsync(repository.points(vmUuid))
  expect(points.map(({ id }) => id)).toEqual([...images.keys()].sort())
  for (const ref of points) {
    const point = await repository.readPoint(ref)
    const bytes = await readAll(repository.readDisk(point, point.disks[0]?.id as string))
    expect(bytes.equals(images.get(ref.id) as Buffer)).toBe(true)
  }
  expect((await repository.check({ level: 2, record: false })).findings).toEqual([])
  await repository.close()

  const after = await machine.backup('web01')
  expect(after.bytesNew).toBe(0)
  await machine.write(vmUuid, 0, 7 * MiB, randomBytes(64 * 1024))
  const next = await machine.backup('web01')
  expect(next.disks[0]).toMatchObject({ incremental: true, bytesRead: MiB })
  await machine.clean()
})
