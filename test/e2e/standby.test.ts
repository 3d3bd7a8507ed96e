import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pool, startPool } from '#sim/pool.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { quick } from '#test/support/simulated-pool.ts'
import { xenkeep } from '#test/support/xenkeep.ts'

const SIZE = 6 * MiB

let machine: Machine
let second: Pool
beforeEach(async () => {
  machine = await startMachine({
    db: [Buffer.concat([randomBytes(2 * MiB), Buffer.alloc(4 * MiB)])],
  })
  second = await startPool({ timing: quick })
  // One gateway that serves both pools.
  const file = machine.site.file('settings.json')
  const settings = JSON.parse(await readFile(file, 'utf8'))
  const [host] = second.hosts
  settings.gateway.pools.push({
    ...settings.gateway.pools[0],
    url: host?.url,
    fingerprint: host?.certificateFingerprint,
  })
  await machine.program('agent').stop()
  await writeFile(file, JSON.stringify(settings))
  machine.startAgent()
  await until(
    'the second pool is known',
    async () =>
      (await machine.person.call('listGateways')).items.some(({ pools }) =>
        pools.some(({ uuid }) => uuid === second.poolUuid),
      ),
    { ms: 30_000, everyMs: 50 },
  )
}, 60_000)
afterEach(async () => {
  await machine.stop()
  await second.close()
})

const replica = async () => {
  const [only] = (await machine.person.call('listReplicas')).items
  if (!only) throw new Error('no replica')
  return only
}
const command = async (body: object) => {
  const { replicaId } = await replica()
  return machine.person.call('commandReplica', { params: { replicaId }, body: body as never })
}
const cli = (...args: string[]) => xenkeep(args, { XENKEEP_DATA: machine.site.dataDir })
/** Waits for what the replica does by itself. */
const untilPhase = (phase: string) =>
  until(
    `it is ${phase}`,
    async () => {
      const { phase: now, current, last } = await replica()
      if (last && !last.ok) throw new Error(last.line)
      return now === phase && !current
    },
    { ms: 60_000, everyMs: 100 },
  )
const standbyDisk = async (uuid: string) => {
  const { database, disks } = second.state
  const vm = database.get('VM', database.byUuid('VM', uuid))
  const vbd = vm.VBDs.map(ref => database.get('VBD', ref)).find(({ type }) => type === 'Disk')
  return Buffer.from(await disks.read(database.get('VDI', vbd?.VDI ?? '').uuid, 0, SIZE))
}

it('keeps a standby in another pool, fails over to it, and fails back', {
  timeout: 180_000,
}, async () => {
  const vmUuid = machine.pool.vms.db ?? ''
  const [disk = ''] = machine.disksOf(vmUuid)
  await machine.backup('db')
  await machine.person.call('putReplica', {
    body: { vm: 'db', pool: second.poolUuid, keep: 1, everySeconds: 86_400, proveEvery: 3 },
  })
  await until('the first round is over', async () => (await replica()).standby !== undefined, {
    ms: 60_000,
    everyMs: 100,
  })
  const { standby: made } = await replica()
  const uuid = made?.uuid ?? ''
  expect((await standbyDisk(uuid)).equals(Buffer.from(await machine.read(disk)))).toBe(true)

  for (const offset of [0, 3 * MiB]) {
    await machine.write(vmUuid, 0, offset, randomBytes(4096))
    await machine.backup('db')
    // The second round is cut off in the middle: its agent is killed when everything is written and nothing is kept yet.
    const isKilled = offset !== 0
    if (isKilled)
      second.state.faults.add({ kind: 'delay-call', method: 'VM.snapshot', milliseconds: 1_500 })
    const { runId = '' } = await command({ command: 'round' })
    if (isKilled) {
      const isWriting = () =>
        second.state.database
          .get('VM', second.state.database.byUuid('VM', uuid))
          .other_config['xenkeep:standby']?.includes('"writing"') ?? false
      await until('the standby is being written', isWriting, { ms: 20_000, everyMs: 10 })
      await machine.program('agent').kill()
      machine.startAgent()
    }
    const outcome = await machine.outcomeOf(runId)
    if (outcome.status !== 'replicated') throw new Error(JSON.stringify(outcome))
    expect(outcome.report).toMatchObject({ written: 'changes', bytesWritten: 2 * MiB })
    expect(outcome.report.readBack).toBe(offset !== 0) // each third round
    expect((await standbyDisk(uuid)).equals(Buffer.from(await machine.read(disk)))).toBe(true)
  }
  expect((await replica()).standby?.states).toHaveLength(2)

  // A test failover, while the standby stands by: nothing of it is left but the result.
  const vmsBefore = [...second.state.database.all('VM').keys()]
  const tested = await cli('failover', 'db', '--test', '--timeout', '120')
  expect(tested.exitCode, tested.stderr).toBe(0)
  expect(tested.stdout).toMatch(
    /Test failover of the state of .* UTC: Booted, guest tools answered/,
  )
  expect([...second.state.database.all('VM').keys()]).toEqual(vmsBefore)
  expect((await cli('points')).stdout).toMatch(/yes, tools answered \(test failover, /)
  expect(await replica()).toMatchObject({ phase: 'standing-by', standby: { uuid } })

  await expect(command({ command: 'failover' })).rejects.toMatchObject({ code: 'SOURCE_RUNS' })
  await machine.call('VM.hard_shutdown', machine.pool.state.database.byUuid('VM', vmUuid))
  const { runId = '' } = await command({ command: 'failover', force: true })
  expect((await machine.finished(runId)).run.line).toContain(
    '"db (failed over)" is the machine now',
  )
  await untilPhase('active')
  const { database, disks } = second.state
  const ref = database.byUuid('VM', uuid)
  expect(database.get('VM', ref).power_state).toBe('Running')
  await expect(command({ command: 'round' })).rejects.toMatchObject({ code: 'REPLICA_PHASE' })

  // It lives on, and is shut down by a person.
  const live = database.get('VM', ref).VBDs.map(vbd => database.get('VBD', vbd))
  const vdi = database.get('VDI', live.find(({ type }) => type === 'Disk')?.VDI ?? '').uuid
  await disks.write(vdi, 5 * MiB, Buffer.alloc(8192, 7))
  const { leaveRunning } = await import('#sim/xapi/vm-life.ts')
  leaveRunning(second.state, ref, 'Halted')
  await machine.backup('db') // after a job the inventory is told at once
  await until(
    'the inventory tells that it is off',
    async () =>
      (await machine.person.call('listVms')).items.some(
        vm => vm.uuid === uuid && vm.powerState === 'Halted',
      ),
    { ms: 90_000, everyMs: 200 },
  )
  expect((await cli('failback', 'db')).stdout).toContain('only blocks that differ into the VM')
  await untilPhase('standing-by')
  const back = await replica()
  // Into the very disk of the VM at the origin, and only the block that the standby wrote to.
  expect(back.vmUuid).toBe(vmUuid)
  expect(machine.disksOf(vmUuid)).toEqual([disk])
  expect(Buffer.from(await machine.read(disk)).equals(await standbyDisk(uuid))).toBe(true)
  const { items } = await machine.person.call('listRuns')
  const line = items.find(({ kind }) => kind === 'restore')?.line
  expect(line).toContain('Only blocks that differ were written into "db", 2 MiB.')
  expect(line).toContain('The former state is kept as the snapshot')
  expect(database.get('VM', ref).blocked_operations).toHaveProperty('start_on')
})
