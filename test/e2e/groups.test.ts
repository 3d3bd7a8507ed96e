import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Pool } from '#sim/pool.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { census } from '#test/support/pool-state.ts'

/*
 * Motivation: machines that belong together have to come back as of one moment, or somebody has to be told that they do not.
 * Steps: groups by the command line: all well, one member failing, either policy, and groups that cannot be.
 * Passes when each point tells how far apart the snapshots were, or the whole group fails in one sentence and leaves nothing.
 */

const NO_ROOM = ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', '']
let machine: Machine
let elsewhere: Pool
let cli: CommandLine

beforeAll(async () => {
  elsewhere = await poolOfImages({ other: [randomBytes(MiB)] })
  machine = await startMachine(
    { app: [randomBytes(2 * MiB)], db: [randomBytes(MiB)], cache: [randomBytes(MiB)] },
    { hosts: 2, morePools: [elsewhere] },
  )
  cli = commandLine(machine.site.dataDir)
}, 60_000)
afterEach(async () => {
  machine.pool.state.faults.clear()
  await machine.clean()
})
afterAll(async () => {
  await machine?.stop()
  await elsewhere?.close()
})

const pointCount = async () => (await cli.json<{ points: unknown[] }>('points')).points.length

test('each point tells with how many others it was snapshotted, and how far apart', async () => {
  const printed = await cli.done(
    ...['backup', 'app', 'db', 'cache', '--together', '--method-of', 'db=offline'],
  )
  expect(printed).toContain('3 of 3 VMs backed up.')
  expect(printed).toMatch(/ db +backed up, full, offline: /)
  expect(
    printed.match(/snapshotted together with 2 other VMs, at most \d+ ms apart/g),
  ).toHaveLength(3)
  const points = [
    ...(await cli.points('app')),
    ...(await cli.points('db')),
    ...(await cli.points('cache')),
  ]
  const [skew, ...others] = points.map(({ group }) => group?.skewMs)
  expect(others).toEqual([skew, skew])
  // XenServer tells whole seconds: two snapshots that are a moment apart may bear two of them.
  const seconds = points.map(({ taken }) => taken / 1_000)
  expect(seconds.map(Number.isInteger)).toEqual([true, true, true])
  expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThanOrEqual(
    Math.ceil((skew ?? -1_000) / 1_000),
  )
  const table = await cli.done('points')
  expect(table).toContain(
    `snapshotted together with 2 other VMs, at most ${Math.ceil(skew ?? 0)} ms apart`,
  )
})

test('one member fails: no VM of the group is backed up, and nothing is left', async () => {
  const before = census(machine.pool)
  const count = await pointCount()
  machine.pool.state.faults.add({
    kind: 'fail-call',
    method: 'VM.snapshot',
    error: NO_ROOM,
    skip: 1,
  })
  const { exitCode, stdout, stderr } = await cli.xenkeep(
    'backup',
    'app',
    'db',
    'cache',
    '--together',
  )
  expect(exitCode).toBe(1)
  expect(stdout).toContain('0 of 3 VMs backed up, 3 failed.')
  expect(stdout).toMatch(
    /failed: The group was not backed up, because the VM "\w+" could not be snapshotted: The storage repository has no room left \(VM\.snapshot: SR_BACKEND_FAILURE_44\)\./,
  )
  expect(stderr).toContain('\napp, db, cache: The group was not backed up')
  expect(stderr.match(/code: GROUP_FAILED/g)).toHaveLength(1)
  expect(stderr).toContain('let it go on without such VMs with "--together without"')
  expect(await pointCount()).toBe(count)
  await machine.clean()
  expect(census(machine.pool)).toEqual(before)
})

test('one member fails, and the others go on where that was asked for', async () => {
  machine.pool.state.faults.add({
    kind: 'fail-call',
    method: 'VM.snapshot',
    error: NO_ROOM,
    skip: 1,
  })
  const { exitCode, stdout, stderr } = await cli.xenkeep(
    ...['backup', 'app', 'db', 'cache', '--together', 'without'],
  )
  expect(exitCode).toBe(3)
  expect(stdout).toContain('2 of 3 VMs backed up, 1 failed.')
  expect(stdout.match(/snapshotted together with 1 other VM, at most \d+ ms apart/g)).toHaveLength(
    2,
  )
  expect(stdout.match(/failed: The storage repository has no room left/g)).toHaveLength(1)
  expect(stderr.match(/code: SR_FULL/g)).toHaveLength(1)
})

test('the only one that is left was not snapshotted together with anybody, and its point does not say so', async () => {
  machine.pool.state.faults.add({
    kind: 'fail-call',
    method: 'VM.snapshot',
    error: NO_ROOM,
    skip: 1,
  })
  const { exitCode, stdout } = await cli.xenkeep('backup', 'app', 'db', '--together', 'without')
  expect(exitCode).toBe(3)
  expect(stdout).toContain('alone: no other VM of its group could be snapshotted')
  expect(stdout).not.toContain('together with')
})

test.each([
  [['app', 'other'], '"app" and "other" are in different pools'],
  [['app'], 'a group has two members or more'],
])('%j are no group', async (names, why) => {
  const { exitCode, stderr } = await cli.xenkeep('backup', ...names, '--together')
  expect(stderr).toBe(
    `xenkeep: These VMs cannot be snapshotted together: ${why}.\n` +
      '  what to do: Name from 2 to 64 VMs of one pool, or start one run for each pool.\n' +
      '  code: GROUP_UNSUITABLE\n',
  )
  expect(exitCode).toBe(2)
})
