import { randomBytes } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import { markOf, ownerOf } from '#core/points/marks.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'

let machine: Machine
afterEach(() => machine.stop())

/** A disk as disks are: some data at the start, holes, data further on. */
const image = (size: number): Buffer => {
  const bytes = Buffer.alloc(size)
  randomBytes(3 * MiB).copy(bytes, MiB / 2)
  randomBytes(MiB).copy(bytes, size - 2 * MiB)
  return bytes
}

const sizeOf = async (directory: string): Promise<number> => {
  let sum = 0
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size
  return sum
}

const reportOf = (outcome: JobOutcome) => {
  if (outcome.status !== 'restored') throw new Error(JSON.stringify(outcome))
  return outcome.report
}

describe('one machine', () => {
  /**
   * The main promise: a VM is protected, changes, is lost, and comes back byte for byte, from any of its points.
   * Passes when both points give back exactly what the disks held when each was taken.
   */
  it('protects a VM, loses it, and gets it back byte for byte', { timeout: 90_000 }, async () => {
    const disks = [image(16 * MiB), image(9 * MiB + 512 * 1024)]
    machine = await startMachine({ web01: disks })
    const vmUuid = machine.pool.vms.web01 ?? ''
    const [first] = machine.disksOf(vmUuid)

    const full = await machine.backup('web01')
    expect(full.disks.map(disk => [disk.rung, disk.incremental])).toEqual([
      ['map-nbd', false],
      ['map-nbd', false],
    ])
    expect(full.consistency).toBe('crash')

    const change = randomBytes(128 * 1024)
    await machine.write(vmUuid, 0, 5 * MiB + 64 * 1024, change)
    const changed = await machine.read(first ?? '')
    const incremental = await machine.backup('web01')
    expect(incremental.disks.map(disk => [disk.incremental, disk.bytesRead])).toEqual([
      [true, MiB],
      [true, 0],
    ])
    await machine.clean()

    await machine.destroyVm(vmUuid)
    for (const [point, expected] of [
      [incremental, [changed, disks[1]]],
      [full, disks],
    ] as const) {
      const report = reportOf(await machine.restore(point.pointId, { newName: 'web01 back' }))
      const restored = machine.disksOf(report.newVmUuid)
      expect(restored).toEqual(report.disks.map(({ vdiUuid }) => vdiUuid))
      for (const [i, uuid] of restored.entries()) {
        const bytes = await machine.read(uuid)
        expect(bytes.subarray(0, expected[i]?.length).equals(expected[i] ?? bytes)).toBe(true)
      }
      expect(report.disks.map(({ rootHash }) => rootHash)).toEqual(
        point.disks.map(({ rootHash }) => rootHash),
      )
      expect(report.notes.join(' ')).toContain('MAC')
    }
    await machine.clean()
  })

  it('starts a restored VM when asked', { timeout: 60_000 }, async () => {
    machine = await startMachine({ web01: [image(8 * MiB)] })
    const { pointId } = await machine.backup('web01')
    const report = reportOf(await machine.restore(pointId, { start: true }))
    expect(report.started).toBe(true)
    const { database } = machine.pool.state
    const vm = database.get('VM', database.byUuid('VM', report.newVmUuid))
    expect(vm.power_state).toBe('Running')
    expect(vm.uuid).not.toBe(machine.pool.vms.web01)
    expect(Object.keys(vm.blocked_operations)).toEqual([])
    expect(JSON.parse(vm.other_config['xenkeep:restored'] ?? '{}')).toMatchObject({ pointId })
  })

  it('reads and stores next to nothing while nothing changes', { timeout: 60_000 }, async () => {
    machine = await startMachine({ web01: [image(16 * MiB)] })
    await machine.backup('web01')
    const repository = machine.site.file('repository')
    const before = await sizeOf(repository)
    const points = [await machine.backup('web01'), await machine.backup('web01')]
    for (const point of points) expect(point).toMatchObject({ bytesRead: 0, bytesNew: 0 })
    const grown = (await sizeOf(repository)) - before
    expect(points.reduce((sum, { bytesStored }) => sum + bytesStored, 0)).toBe(grown)
    expect(grown).toBeLessThan(100 * 1024)
  })

  it('keeps its hands off everything that it did not make', { timeout: 60_000 }, async () => {
    machine = await startMachine({ web01: [image(8 * MiB)], other: [image(8 * MiB)] })
    const { pool, call } = machine
    const { database } = pool.state
    const web01 = database.byUuid('VM', pool.vms.web01 ?? '')
    const other = database.byUuid('VM', pool.vms.other ?? '')

    const first = await machine.backup('web01')
    // A person's snapshot taken while ours exists copies our marks; a clone of a restored VM does so, too.
    const foreign = (await call('VM.snapshot', other, 'before the update', [])) as string
    const mark = markOf({ jobId: first.pointId, owner: ownerOf(first.repositoryId) })
    await call('VM.add_to_other_config', foreign, 'xenkeep:job', mark)
    await call('VM.add_to_blocked_operations', other, 'pool_migrate', 'do not move (Anna)')
    await machine.backup('other')
    const report = reportOf(await machine.restore(first.pointId, { newName: 'kept' }))
    const kept = database.byUuid('VM', report.newVmUuid)
    const clone = (await call('VM.clone', kept, 'clone of kept')) as string
    const theirs = () =>
      [...database.all('VM').values()]
        .filter(vm => !vm.name_label.startsWith('XenKeep'))
        .map(vm => vm.uuid)
    await machine.backup('web01')
    const vms = theirs()

    await machine.program('agent').kill()
    await machine.startAgent().says(/is connected/)
    await machine.backup('web01')
    expect(theirs()).toEqual(vms)
    for (const ref of [web01, other, foreign, kept, clone])
      expect(database.get('VM', ref).uuid).toBeTruthy()
    expect(database.get('VM', other).blocked_operations).toEqual({
      pool_migrate: 'do not move (Anna)',
    })
    const [disk] = machine.disksOf(report.newVmUuid)
    expect((await machine.read(disk ?? '')).length).toBeGreaterThan(0)
  })

  it('finds its points again when the catalog is lost', { timeout: 60_000 }, async () => {
    machine = await startMachine({ web01: [image(8 * MiB)] })
    const point = await machine.backup('web01')
    const full = await machine.read(machine.disksOf(machine.pool.vms.web01 ?? '')[0] ?? '')
    await machine.program('control').kill()
    for (const suffix of ['', '-wal', '-shm'])
      await rm(machine.site.file('control', `catalog.sqlite${suffix}`), { force: true })
    await machine.startControl()

    const points = async () => (await machine.person.call('listPoints')).items
    await until('the point is listed again', async () => (await points()).length > 0, {
      ms: 30_000,
      everyMs: 50,
    })
    expect(await points()).toEqual([point])
    const next = await machine.backup('web01')
    expect(next.disks[0]).toMatchObject({ incremental: true, bytesRead: 0 })
    const report = reportOf(await machine.restore(point.pointId))
    const bytes = await machine.read(machine.disksOf(report.newVmUuid)[0] ?? '')
    expect(bytes.equals(full)).toBe(true)
  })
})
