import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Pool } from '#sim/pool.ts'
import { type GuestBehaviour, ordinaryGuest } from '#sim/state.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { census } from '#test/support/pool-state.ts'
import {
  freezes,
  type HookAnswer,
  held,
  type QuiesceHook,
  startQuiesceHook,
} from '#test/support/quiesce-hook.ts'

/*
 * Motivation: an administrator chooses how a VM is brought to rest, and has to be able to read afterwards what was really achieved.
 * Steps: each method, with what stands in its way, by the command line on two pools, one of them old enough for quiesced snapshots.
 * Passes when the consistency is told, right and with its reason, when the command ends as docs/cli.md promises, and the pool is as before.
 */

const SECRET = 'a secret of the guest'
let machine: Machine
let old: Pool
let cli: CommandLine
let hook: QuiesceHook
let thaw: HookAnswer = held
/** How often the guest was frozen and thawed, and whether its snapshot existed at the thaw. */
const frozen: string[] = []

beforeAll(async () => {
  hook = await startQuiesceHook(({ path }) => {
    const name = path.split('/').at(-1) ?? ''
    const shot = [...machine.pool.state.database.all('VM').values()].some(vm => vm.is_a_snapshot)
    frozen.push(`${name}${shot ? ' after the snapshot' : ''}`)
    return name === 'freeze' ? freezes : thaw
  })
  old = await poolOfImages({ windows: [randomBytes(MiB)] }, { release: '8.0' })
  machine = await startMachine(
    { web: [randomBytes(2 * MiB)], db: [randomBytes(MiB)], halted: [randomBytes(MiB)] },
    {
      morePools: [old],
      unlicensed: ['checkpoint'],
      gateway: {
        quiesceHooks: [
          { vm: 'db', url: hook.url, fingerprint: hook.fingerprint, secretFile: 'hook' },
        ],
      },
    },
  )
  await writeFile(machine.site.file('hook'), SECRET, { mode: 0o600 })
  cli = commandLine(machine.site.dataDir)
  const { database } = machine.pool.state
  await machine.call('VM.hard_shutdown', database.byUuid('VM', machine.pool.vms.halted ?? ''))
}, 60_000)
afterEach(() => machine.clean())
afterAll(async () => {
  await machine?.stop()
  await old?.close()
  await hook?.close()
})

const guest = (pool: Pool, name: string, change: Partial<GuestBehaviour>) =>
  pool.state.guests.set(pool.vms[name] ?? '', { ...ordinaryGuest, ...change })
const powerOf = (pool: Pool, name: string) => {
  const { database } = pool.state
  return database.get('VM', database.byUuid('VM', pool.vms[name] ?? '')).power_state
}
/** The newest point of a VM as the table shows it. */
const row = async (vm: string) =>
  (await cli.done('points', '--vm', vm, '--limit', '1')).split('\n')[1]

/** Refused in one sentence with its code, nothing stored, and the pool as it was. */
const expectRefused = async (pool: Pool, vm: string, method: string, why: string) => {
  await machine.clean()
  const before = census(pool)
  const points = (await cli.points(vm)).length
  const { exitCode, stdout, stderr } = await cli.xenkeep('backup', vm, '--method', method)
  expect(stdout).toContain(`failed: The VM "${vm}" could not be backed up `)
  expect(stdout).toContain(`: ${why}.\n`)
  expect(stderr).toContain('allow a crash-consistent point with "--fallback crash"')
  expect(stderr).toContain('code: METHOD_UNAVAILABLE\n')
  expect(exitCode).toBe(1)
  expect(await cli.points(vm)).toHaveLength(points)
  await machine.clean()
  expect(census(pool)).toEqual(before)
}

/** A crash-consistent point instead, which says what was asked for and why it was not had. */
const expectFallback = async (vm: string, method: string, why: string) => {
  const printed = await cli.done('backup', vm, '--method', method, '--fallback', 'crash')
  expect(printed).toMatch(new RegExp(`backed up, \\w+, crash-consistent \\(asked: ${method}\\)`))
  expect(printed).toContain(`why: ${why}.`)
  expect(await row(vm)).toContain(` crash (asked: ${method}) `)
  expect(await row(vm)).toContain(why)
  expect((await cli.points(vm))[0]).toMatchObject({ consistency: 'crash', method })
}

test('normal: as after a power cut, and the VM notices nothing', async () => {
  const printed = await cli.done('backup', 'web')
  expect(printed).toContain('backed up, full, crash-consistent: read 2.00 MiB')
  expect(await row('web')).toMatch(/ VM +web .* UTC +crash +full /)
  expect(powerOf(machine.pool, 'web')).toBe('Running')
})

test('a halted VM stays halted, and its point is an offline one whatever was asked', async () => {
  for (const method of ['normal', 'memory', 'offline']) {
    expect(await cli.done('backup', 'halted', '--method', method)).toMatch(
      /backed up, \w+, offline:/,
    )
    expect(powerOf(machine.pool, 'halted')).toBe('Halted')
  }
})

test('offline: shut down, snapshotted, running again', async () => {
  const messages = () =>
    [...machine.pool.state.database.all('message').values()].map(({ name }) => name)
  const before = messages().length
  expect(await cli.done('backup', 'web', '--method', 'offline')).toMatch(/backed up, \w+, offline:/)
  expect(await row('web')).toMatch(/ offline +incremental /)
  expect(messages().slice(before)).toEqual(['VM_SHUTDOWN', 'VM_SNAPSHOTTED', 'VM_STARTED'])
  expect(powerOf(machine.pool, 'web')).toBe('Running')
})

test('offline of a guest that does not go down: refused, or switched off with consent, and that is told', async () => {
  guest(machine.pool, 'web', { shutdown: 'refuses' })
  await expectRefused(
    machine.pool,
    'web',
    'offline',
    'the guest does not shut down when asked (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT)',
  )
  const hard = ['--method', 'offline', '--fallback', 'hard-shutdown']
  expect(await cli.done('backup', 'web', ...hard)).toContain('crash-consistent (asked: offline)')
  expect(await row('web')).toMatch(/ crash \(asked: offline\) .*switched off/)
  expect(powerOf(machine.pool, 'web')).toBe('Running')
  guest(machine.pool, 'web', {})
})

test('memory: a licence without checkpoints refuses, or falls back', async () => {
  const why = 'the licence of the pool does not include it (LICENCE_RESTRICTION)'
  await expectRefused(machine.pool, 'web', 'memory', why)
  await expectFallback('web', 'memory', `T${why.slice(1)}`)
})

test('memory: its image is in the point, and the VM runs on', async () => {
  const printed = await cli.done('backup', 'windows', '--method', 'memory')
  expect(printed).toContain('backed up, full, with memory: ')
  expect(await row('windows')).toMatch(/ memory +full +/)
  expect((await cli.points('windows'))[0]?.disks.map(({ userdevice }) => userdevice)).toEqual([
    '0',
    'memory',
  ])
  expect(powerOf(old, 'windows')).toBe('Running')
  guest(old, 'windows', { suspend: 'fails' })
  await expectRefused(
    old,
    'windows',
    'memory',
    'suspending it failed (VM_CHECKPOINT_SUSPEND_FAILED)',
  )
  guest(old, 'windows', {})
})

describe('quiesced', () => {
  test('through a hook: frozen, snapshotted, thawed, and what the guest said counts', async () => {
    frozen.length = 0
    const printed = await cli.done('backup', 'db', '--method', 'quiesced')
    expect(printed).toContain('backed up, full, application-consistent: ')
    expect(await row('db')).toMatch(/ application +full /)
    expect(frozen).toEqual(['freeze', 'thaw after the snapshot'])
    expect(hook.calls[0]).toMatchObject({
      secret: `Bearer ${SECRET}`,
      body: { vm: machine.pool.vms.db },
    })
    expect(printed + machine.program('agent').lines.join()).not.toContain(SECRET)
  })

  test('through a hook that did not hold: refused, or a crash-consistent point with the reason', async () => {
    thaw = { body: { held: false, why: 'the lease had run out' } }
    await expectRefused(machine.pool, 'db', 'quiesced', 'the lease had run out')
    await expectFallback('db', 'quiesced', 'The lease had run out')
    thaw = held
  })

  test('by XenServer, where it still can', async () => {
    guest(old, 'windows', { vss: 'works' })
    const printed = await cli.done('backup', 'windows', '--method', 'quiesced')
    expect(printed).toMatch(/backed up, \w+, application-consistent: /)
    guest(old, 'windows', { vss: 'times-out' })
    const why = 'XenServer could not bring the guest to rest (VM_SNAPSHOT_WITH_QUIESCE_TIMEOUT)'
    await expectRefused(old, 'windows', 'quiesced', why)
    await expectFallback('windows', 'quiesced', why)
  })

  test('where neither is: refused, or a crash-consistent point with the reason', async () => {
    const why =
      'o quiesce hook is set up for it, and this release of XenServer does not offer quiesced snapshots'
    await expectRefused(machine.pool, 'web', 'quiesced', `n${why}`)
    await expectFallback('web', 'quiesced', `N${why}`)
  })
})
