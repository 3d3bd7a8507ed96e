import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { destroyAsAdministrator } from '#sim/control/destroy-vm.ts'
import { killHost, reviveHost } from '#sim/control/host-death.ts'
import { restartToolstack } from '#sim/control/restart.ts'
import { plugStorage } from '#sim/control/storage-plug.ts'
import { removeVdi } from '#sim/xapi/classes/vdi-copies.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { census, contentOf } from '#test/support/pool-state.ts'

/*
 * Motivation: pools have trouble of their own, and administrators do things while a backup runs. The run goes on and says what happened,
 * or it fails in one sentence with a code; either way the pool is left as it was.
 * Steps: a backup by the command line for each trouble, which strikes while the disks are read. The agent is the real one with shorter
 * waits between its attempts.
 * Passes when sentence, code and exit code are as documented, points hold what the disks held, and nothing of ours is left.
 */

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'] as const
let machine: Machine
let cli: CommandLine

beforeAll(async () => {
  machine = await startMachine(
    Object.fromEntries(NAMES.map(name => [name, [randomBytes(4 * MiB), randomBytes(MiB)]])),
    {
      hosts: 2,
      agentMain: 'test/support/processes/hasty-agent.ts',
    },
  )
  cli = commandLine(machine.site.dataDir)
}, 60_000)
afterEach(async () => {
  const { faults, limits } = machine.pool.state
  faults.clear()
  limits.set({ bytesPerSecond: 0 })
  await machine.clean()
})
afterAll(() => machine?.stop())

type Name = (typeof NAMES)[number]
const uuidOf = (vm: Name) => machine.pool.vms[vm] ?? ''
const snapshotOf = (vm: Name) => {
  const { database } = machine.pool.state
  const ref = database.byUuid('VM', uuidOf(vm))
  return [...database.all('VM').values()].find(
    other => other.is_a_snapshot && other.snapshot_of === ref,
  )
}

/** Lets something happen once, at the moment when a disk of the VM's snapshot is attached for reading. */
const whenRead = (vm: Name, strike: () => unknown, bytesPerSecond = 5 * MiB): Promise<unknown> => {
  const { database, limits } = machine.pool.state
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  // Slow enough for trouble to strike in mid-read.
  limits.set({ bytesPerSecond })
  const stop = database.onChange(({ className, ref }) => {
    const vbd = className === 'VBD' ? database.find('VBD', ref) : undefined
    if (!vbd || !database.find('VM', vbd.VM)?.is_control_domain || !snapshotOf(vm)) return
    stop()
    // Not within the change itself.
    setImmediate(() => Promise.resolve().then(strike).then(resolve, reject))
  })
  return promise
}

/** With its disks, also those that are being read. */
const removeSnapshotOf = (vm: Name) => () => {
  const { state } = machine.pool
  const { database } = state
  const snapshot = snapshotOf(vm)
  const vdis = (snapshot?.VBDs ?? []).map(ref => database.get('VBD', ref).VDI)
  destroyAsAdministrator(state, snapshot?.uuid ?? '')
  for (const ref of vdis) {
    for (const vbd of database.find('VDI', ref)?.VBDs ?? []) database.remove('VBD', vbd)
    if (database.find('VDI', ref)) removeVdi(state, ref)
  }
}

/** A point was made, and it is whole. @returns what was printed */
const expectBackedUp = async (vm: Name, expected: Promise<Buffer[]>): Promise<string> => {
  const disks = await expected
  const printed = await cli.done('backup', vm)
  expect(printed).toContain('backed up, full, crash-consistent: ')
  const [ref] = await cli.points(vm)
  const repository = await machine.site.openRepository()
  for await (const candidate of repository.points(uuidOf(vm))) {
    if (candidate.id !== ref?.pointId) continue
    const point = await repository.readPoint(candidate)
    for (const [i, { id }] of point.disks.entries()) {
      const bytes = disks[i] ?? Buffer.alloc(0)
      for await (const extent of repository.readDisk(point, id))
        if (!extent.zero)
          expect(
            bytes.subarray(extent.offset, extent.offset + extent.bytes.length).equals(extent.bytes),
          ).toBe(true)
    }
  }
  await repository.close()
  return printed
}

/** One sentence with code and advice, no point, and the pool as it was. */
const expectFailed = async (vm: Name, code: string, sentence: string | RegExp, exit = 1) => {
  const { exitCode, stdout, stderr } = await cli.xenkeep('backup', vm)
  expect(stdout).toMatch(sentence)
  expect(stderr).toMatch(/\n {2}what to do: [A-Z"].*\.\n/)
  expect(stderr).toContain(`  code: ${code}\n`)
  expect(exitCode).toBe(exit)
  expect(await cli.done('runs', 'latest')).toMatch(sentence)
  expect(await cli.points(vm)).toEqual([])
}

describe('the run goes on, and its point tells what happened', () => {
  const SESSION = /note: The session with XenServer was lost/

  test('the toolstack restarts', async () => {
    const struck = whenRead('a', () => {
      restartToolstack(machine.pool.state, 60)
      machine.pool.state.runtime.dropConnections()
    })
    expect(await expectBackedUp('a', contentOf(machine.pool, uuidOf('a')))).toMatch(SESSION)
    await struck
  })

  test('all sessions end', async () => {
    const struck = whenRead('b', () => machine.pool.state.sessions.closeAll())
    await expectBackedUp('b', contentOf(machine.pool, uuidOf('b')))
    await struck
  })

  test('another host becomes coordinator', async () => {
    const [, second] = machine.pool.state.hosts
    const struck = whenRead('c', () => machine.call('pool.designate_new_master', second?.ref ?? ''))
    const printed = await expectBackedUp('c', contentOf(machine.pool, uuidOf('c')))
    await struck
    expect(printed).toMatch(
      /note: The coordinator of the pool was 127\.0\.0\.1:\d+ and is 127\.0\.0\.2:\d+ now; the gateway followed it\./,
    )
  })

  test('the host dies that the VM runs on and that leads the pool, with high availability', async () => {
    const { state } = machine.pool
    const [pool = ''] = state.database.all('pool').keys()
    const vm = state.database.byUuid('VM', uuidOf('d'))
    state.database.update('pool', pool, { ha_enabled: true })
    state.database.update('VM', vm, { ha_restart_priority: 'restart', ha_always_run: true })
    const dying = state.hosts.find(({ ref }) => ref === state.database.get('VM', vm).resident_on)
    if (!dying) throw new Error('it runs nowhere')
    const coordinator = () => state.database.get('pool', pool).master
    if (coordinator() !== dying.ref) await machine.call('pool.designate_new_master', dying.ref)
    await until('it leads the pool', () => coordinator() === dying.ref)
    const struck = whenRead('d', () => killHost(state, dying))
    const printed = await expectBackedUp('d', contentOf(machine.pool, uuidOf('d')))
    await struck
    expect(printed).toMatch(/note: The coordinator of the pool was .* the gateway followed it\./)
    expect(coordinator()).not.toBe(dying.ref)
    await reviveHost(state, dying)
    state.database.update('pool', pool, { ha_enabled: false })
    // What nobody protects stays down with its host, until a person starts it.
    for (const [ref, { power_state }] of state.database.all('VM'))
      if (
        NAMES.some(name => ref === state.database.byUuid('VM', uuidOf(name))) &&
        power_state === 'Halted'
      )
        await machine.call('VM.start', ref, false, false)
    expect(state.database.get('VM', vm)).toMatchObject({ power_state: 'Running' })
  })

  test('the storage is away for a moment', async () => {
    const { state } = machine.pool
    const sr = [...state.database.all('SR').values()].find(
      ({ name_label }) => name_label === 'Shared storage',
    )
    const query = new URLSearchParams({ sr: sr?.uuid ?? '' })
    state.faults.add({ kind: 'close-nbd', bytes: 100_000, times: 2 })
    const struck = whenRead('e', async () => {
      plugStorage(state, query, false)
      // Of two questions who serves a disk one is answered before the storage is back: that nobody does.
      const method = 'VDI.get_nbd_info'
      state.faults.add({ kind: 'delay-call', method, milliseconds: 1, skip: 1 })
      const asked = () => !state.faults.waiting().some(({ kind }) => kind === 'delay-call')
      await until('the agent has asked twice', asked, { ms: 60_000 })
      plugStorage(state, query, true)
    })
    const printed = await expectBackedUp('e', contentOf(machine.pool, uuidOf('e')))
    await struck
    expect(printed).toMatch(
      /why: .*no host serves the disk "e disk \d" now|note: A connection was lost/,
    )
  })

  test('an administrator deletes the VM: its snapshot is read to the end, and there is no next run', async () => {
    const expected = await contentOf(machine.pool, uuidOf('f'))
    const struck = whenRead('f', () => destroyAsAdministrator(machine.pool.state, uuidOf('f')))
    await expectBackedUp('f', Promise.resolve(expected))
    await struck
    // The gateway tells what the pool holds after each job.
    await until('the VM is listed no more', async () => !/^f /m.test(await cli.done('vms')))
    const { exitCode, stderr } = await cli.xenkeep('backup', 'f')
    expect(stderr).toContain('xenkeep: There is no VM "f" in any pool that a gateway reported.')
    expect(stderr).toContain('  code: VM_NOT_FOUND\n')
    expect(exitCode).toBe(2)
  })
})

describe('the run fails in one sentence, and the pool is as it was', () => {
  test('an administrator deletes the snapshot', async () => {
    const before = census(machine.pool)
    const struck = whenRead('g', removeSnapshotOf('g'), MiB)
    await expectFailed(
      'g',
      'SNAPSHOT_GONE',
      /failed: The snapshot of the VM "g" was removed from the pool by somebody else while it was read\./,
    )
    await struck
    machine.pool.state.limits.set({ bytesPerSecond: 0 })
    await machine.clean()
    expect(census(machine.pool)).toEqual(before)
  })

  test('no room for the snapshot', async () => {
    const before = census(machine.pool)
    const error = ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', '']
    machine.pool.state.faults.add({ kind: 'fail-call', method: 'VM.snapshot', error, times: 9 })
    await expectFailed('h', 'SR_FULL', /failed: The storage repository has no room left/)
    await machine.clean()
    expect(census(machine.pool)).toEqual(before)
  })

  test('the storage is detached, and stays so', async () => {
    const before = census(machine.pool)
    const { state } = machine.pool
    const sr = [...state.database.all('SR').values()].find(
      ({ name_label }) => name_label === 'Shared storage',
    )
    const query = new URLSearchParams({ sr: sr?.uuid ?? '' })
    plugStorage(state, query, false)
    // In XenServer no disk of such storage is snapshotted; the simulator does not look at it there.
    const error = ['SR_NOT_ATTACHED', sr?.uuid ?? '']
    state.faults.add({ kind: 'fail-call', method: 'VM.snapshot', error, times: 9 })
    await expectFailed('i', 'SR_UNAVAILABLE', /failed: .*(storage repository|storage of all disks)/)
    plugStorage(state, query, true)
    await machine.clean()
    expect(census(machine.pool)).toEqual(before)
  })

  test('without high availability the host of the VM is dead', async () => {
    const { state } = machine.pool
    const before = census(machine.pool)
    const vm = state.database.byUuid('VM', uuidOf('j'))
    const dead = state.hosts.find(({ ref }) => ref === state.database.get('VM', vm).resident_on)
    const other = state.hosts.find(host => host !== dead)
    if (!dead || !other) throw new Error('it runs nowhere')
    await killHost(state, dead, { successor: other })
    await expectFailed('j', 'XAPI_HOST_TROUBLE', /failed: .*HOST_OFFLINE/, 4)
    await reviveHost(state, dead)
    await machine.clean()
    expect(census(machine.pool)).toEqual(before)
  })
})

test('a disk that is reset at every boot is left out, and its point says so', async () => {
  const { database } = machine.pool.state
  const [ref = ''] =
    [...database.all('VDI')].find(([, { name_label }]) => name_label === 'k disk 1') ?? []
  database.update('VDI', ref, { on_boot: 'reset' })
  const printed = await cli.done('backup', 'k')
  expect(printed).toContain('backed up, full, crash-consistent: read 4.00 MiB')
  const why = /disk 1 is not in this point: .*reset at every boot/
  expect(printed).toMatch(why)
  expect(await cli.done('points', '--vm', 'k')).toMatch(why)
})
