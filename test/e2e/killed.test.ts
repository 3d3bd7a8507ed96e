import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it, onTestFailed } from 'vitest'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

let machine: Machine
afterEach(() => machine.stop())

/** The next backup hangs for a while between its snapshot and its first byte. */
const holdReading = (milliseconds: number) =>
  machine.pool.state.faults.add({ kind: 'delay-call', method: 'VDI.get_nbd_info', milliseconds })

const snapshotThere = () =>
  until('the snapshot is there', () => machine.leftovers().some(what => /snapshot/.test(what)), {
    ms: 20_000,
  })

/**
 * Whatever process dies, at whatever moment: the run that was under way finishes after the restart, its point is whole, no
 * other point is lost, and nothing is left on the pool.
 */
describe('kill -9', { timeout: 120_000 }, () => {
  it('of the agent in mid-run', async () => {
    machine = await startMachine({ web01: [randomBytes(12 * MiB)] })
    const first = await machine.backup('web01')
    await machine.clean()
    await machine.write(machine.pool.vms.web01 ?? '', 0, 0, randomBytes(MiB))
    holdReading(60_000)
    const runId = await machine.start(['web01'])
    await snapshotThere()
    await machine.program('agent').kill()
    machine.pool.state.faults.clear()
    machine.startAgent()
    const point = await machine.pointOf(runId)
    expect(point.disks[0]).toMatchObject({ incremental: true, bytesRead: MiB })
    expect((await machine.getRun(runId)).jobs[0]?.attempts).toBe(2)
    await machine.clean()
    expect((await machine.person.call('listPoints')).items.map(({ pointId }) => pointId)).toEqual([
      point.pointId,
      first.pointId,
    ])
  })

  it('of the control plane in mid-run, while the gateway goes on', async () => {
    machine = await startMachine({ web01: [randomBytes(12 * MiB)] })
    holdReading(1_500)
    const runId = await machine.start(['web01'])
    await snapshotThere()
    await machine.program('control').kill()
    await machine.program('agent').says(/cannot be told yet/)
    // The point is made; only the news of it waits.
    expect(await Array.fromAsync((await machine.site.openRepository()).points())).toHaveLength(1)
    await machine.startControl()
    await machine.pointOf(runId)
    expect((await machine.getRun(runId)).jobs[0]?.attempts).toBe(1)
    await machine.clean()
  })

  it('of the agent after the commit, before anyone heard of it', async () => {
    machine = await startMachine({ web01: [randomBytes(8 * MiB)] })
    holdReading(1_500)
    const runId = await machine.start(['web01'])
    await snapshotThere()
    await machine.program('control').kill()
    await machine.program('agent').says(/cannot be told yet/)
    await machine.program('agent').kill()
    expect(machine.leftovers()).toContainEqual(expect.stringContaining('snapshot'))
    machine.startAgent()
    await machine.startControl()
    const point = await machine.pointOf(runId)
    expect((await machine.person.call('listPoints')).items).toEqual([point])
    await machine.clean()
    // The base was kept: the next run reads nothing.
    const next = await machine.backup('web01')
    expect(next.disks[0]).toMatchObject({ incremental: true, bytesRead: 0 })
  })

  it('of both, again and again, at moments that chance chooses', async () => {
    machine = await startMachine({ web01: [randomBytes(16 * MiB)], db01: [randomBytes(12 * MiB)] })
    const seed = Number(process.env.XENKEEP_TEST_SEED ?? Date.now() % 100_000)
    onTestFailed(() => console.error(`again with XENKEEP_TEST_SEED=${seed}`))
    const moments = seededRandom(seed).bytes(3)
    const runId = await machine.start(['web01', 'db01'])
    for (const [round, moment] of moments.entries()) {
      // No event to wait for: any moment must do.
      await new Promise(resolve => setTimeout(resolve, 2 * moment))
      await machine.program(round % 2 ? 'control' : 'agent').kill()
      if (round % 2) await machine.startControl()
      else machine.startAgent()
    }
    const { run, jobs } = await machine.finished(runId)
    expect(run.state, JSON.stringify(jobs)).toBe('succeeded')
    await machine.clean()
    for (const name of ['web01', 'db01']) {
      const [live] = machine.disksOf(machine.pool.vms[name] ?? '')
      const { items } = await machine.person.call('listPoints', { query: { vm: name } })
      expect(items).toHaveLength(1)
      const outcome = await machine.restore(items[0]?.pointId ?? '')
      if (outcome.status !== 'restored') throw new Error(JSON.stringify(outcome))
      const [back] = machine.disksOf(outcome.report.newVmUuid)
      expect((await machine.read(back ?? '')).equals(await machine.read(live ?? ''))).toBe(true)
    }
  })

  it('of the agent in mid-restore leaves no half of a VM', async () => {
    machine = await startMachine({ web01: [randomBytes(8 * MiB)] })
    const { pointId } = await machine.backup('web01')
    machine.pool.state.faults.add({
      kind: 'delay-call',
      method: 'VBD.create',
      milliseconds: 60_000,
    })
    const body = { kind: 'restore', pointId, newName: 'back' } as const
    const { runId } = await machine.person.call('startRun', { body })
    const half = () => machine.leftovers().some(what => /unfinished/.test(what))
    await until('half of a VM is there', half, { ms: 20_000 })
    await machine.program('agent').kill()
    machine.pool.state.faults.clear()
    machine.startAgent()
    const outcome = await machine.outcomeOf(runId)
    expect(outcome).toMatchObject({ status: 'restored', report: { newName: 'back' } })
    await machine.clean()
    const named = [...machine.pool.state.database.all('VM').values()].filter(
      vm => vm.name_label === 'back',
    )
    expect(named).toHaveLength(1)
  })
})

describe('stopping in good order', { timeout: 60_000 }, () => {
  it('cleans up, and the run goes on with the next start', async () => {
    machine = await startMachine({ web01: [randomBytes(8 * MiB)] })
    holdReading(3_000)
    const runId = await machine.start(['web01'])
    await snapshotThere()
    expect(await machine.program('agent').stop()).toBe(0)
    expect(machine.leftovers()).toEqual([])
    machine.startAgent()
    await machine.pointOf(runId)
    await machine.clean()
  })

  it('cancels a run on demand and leaves nothing', async () => {
    machine = await startMachine({ web01: [randomBytes(8 * MiB)] })
    holdReading(3_000)
    const runId = await machine.start(['web01'])
    await snapshotThere()
    await machine.person.call('cancelRun', { params: { runId } })
    const { run } = await machine.finished(runId)
    expect(run.state).toBe('cancelled')
    await machine.clean()
    expect((await machine.person.call('listPoints')).items).toEqual([])
  })
})
