import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { GuestBoot } from '#sim/state.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { census } from '#test/support/pool-state.ts'

/*
 * Motivation: a backup that never booted is a hope. The check has to say what it saw and no more, and to leave nothing.
 * Steps: points of a VM checked by the command line, with guests that boot, crash, and are asked.
 * Passes when sentence, exit code and the column of the list agree with what the guest did, and the pool is as it was.
 */

let machine: Machine
let cli: CommandLine

beforeAll(async () => {
  machine = await startMachine(
    { db: [randomBytes(2 * MiB)] },
    {
      gateway: {
        bootScripts: {
          yes: [process.execPath, '-e', 'console.log("the database answers")'],
          no: [process.execPath, '-e', 'console.log("no table is whole"); process.exit(1)'],
        },
      },
    },
  )
  cli = commandLine(machine.site.dataDir)
  await cli.done('backup', 'db')
  await machine.clean()
}, 60_000)
afterEach(() => machine.clean())
afterAll(() => machine?.stop())

/** Checks the newest point. @returns what was printed, when the pool is as it was */
const check = async (guest: GuestBoot, ...options: string[]) => {
  const before = census(machine.pool)
  machine.pool.state.runtime.guestBoot = guest
  const printed = await cli.xenkeep('boot-check', 'latest:db', '--timeout', '60', ...options)
  await machine.clean()
  expect(census(machine.pool)).toEqual(before)
  return printed
}
const listed = () => cli.done('points', '--vm', 'db')

test('a point that was never checked says so', async () => {
  expect(await listed()).toContain(' not checked ')
})

test('tools that answer: it booted, and the list says when', async () => {
  const { exitCode, stdout } = await check({ toolsAfter: 0 })
  expect(stdout).toMatch(/db +Booted, guest tools answered after \d+ s\.\n/)
  expect(exitCode).toBe(0)
  expect(await listed()).toMatch(/ yes, tools answered \(\d{4}-\d\d-\d\d /)
})

test('a guest that stops by itself did not boot, and that is a failure', async () => {
  const { exitCode, stdout } = await check({ toolsAfter: undefined, crashAfter: 100 })
  expect(stdout).toMatch(/db +It did not boot: the VM stopped by itself within \d+ s/)
  expect(exitCode).toBe(1)
  expect(await listed()).toMatch(/ NO \(\d{4}/)
})

test('a script of the gateway gives the verdict: yes, no, or it is not known', async () => {
  const yes = await check({ toolsAfter: 0 }, '--script', 'yes')
  expect(yes.stdout).toMatch(
    /Booted, guest tools answered after \d+ s, and the script "yes" was content\./,
  )
  expect(yes.exitCode).toBe(0)
  const no = await check({ toolsAfter: 0 }, '--script', 'no')
  expect(no.stdout).toContain('no table is whole')
  expect(no.exitCode).toBe(1)
  expect(await listed()).toContain(' yes, but REFUSED (')
  const unknown = await check({ toolsAfter: 0 }, '--script', 'nobody-knows')
  expect(unknown.stderr).toMatch(/\n {2}code: [A-Z_]+\n/)
  expect(unknown.stderr).toContain('nobody-knows')
  expect(unknown.exitCode).not.toBe(0)
})

test('the guest itself gives the verdict', async () => {
  const yes = await check({ toolsAfter: 0, verdict: 'ok' }, '--guest-verdict')
  expect(yes.exitCode).toBe(0)
  const no = await check({ toolsAfter: 0, verdict: 'the queue is damaged' }, '--guest-verdict')
  expect(no.stdout).toContain('the queue is damaged')
  expect(no.exitCode).toBe(1)
})
