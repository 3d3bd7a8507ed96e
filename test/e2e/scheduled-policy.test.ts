import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { movedClock } from '#test/support/moved-clock.ts'
import { until } from '#test/support/patience.ts'

/*
 * Motivation: what nobody starts has to happen, at its time, on the machine of the owner; and what a preview says has to be what maintenance does.
 * Steps: a policy from a file, with programs around its runs; its time comes on two nights; the control plane is dead over the third; retention is made
 * shorter.
 * Passes when each night has one point, the missed one is made up for and told, the programs were run around each run, and just the points expire that the
 * preview counted.
 */

const folder = mkdtempSync(join(tmpdir(), 'xenkeep-scheduled-'))
const told = join(folder, 'told')
const clock = movedClock(folder)
let machine: Machine
let cli: CommandLine

beforeAll(async () => {
  const tell = ['/bin/sh', '-c', 'echo "$XENKEEP_WHEN $XENKEEP_VMS $XENKEEP_STATUS" >> "$0"', told]
  clock.moveTo('20:00')
  machine = await startMachine(
    { web: [randomBytes(2 * MiB)], db: [randomBytes(MiB)] },
    { gateway: { hookScripts: { tell } } },
  )
  cli = commandLine(machine.site.dataDir)
}, 60_000)
afterAll(async () => {
  await machine?.stop()
  clock.stop()
  rmSync(folder, { recursive: true, force: true })
})

const points = async () => (await cli.points('web')).map(({ pointId }) => pointId)
const runs = async () =>
  (await machine.person.call('listRuns')).items.filter(({ policyName }) => policyName === 'Nightly')
const endedRuns = (count: number) =>
  until(
    `${count} runs have ended`,
    async () => {
      const found = await runs()
      return found.length === count && found.every(({ state }) => state !== 'running')
    },
    { ms: 20_000, everyMs: 50 },
  )

const POLICY = `name: Nightly
selection: { include: [{ all: true }] }
schedule: { cron: "30 22 * * *", timeZone: UTC }
retention: { last: 9 }
runHooks: { before: { script: tell }, after: { script: tell } }
`

test('a policy runs at its time on two nights, with its programs around each run', async () => {
  const file = join(folder, 'nightly.yaml')
  writeFileSync(file, POLICY)
  expect(await cli.done('policies', 'apply', '-f', file)).toContain('it takes 2 VMs')
  for (const night of [1, 2]) {
    clock.moveTo('22:30')
    await endedRuns(night)
  }
  expect((await runs()).map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
  expect(await points()).toHaveLength(2)
  const around = ['before 2 ', 'after 2 succeeded']
  expect(readFileSync(told, 'utf8').trimEnd().split('\n')).toEqual([...around, ...around])
}, 60_000)

test('a night over which the control plane was dead is made up for, and told', async () => {
  await machine.program('control').kill()
  clock.moveTo('22:00')
  clock.moveTo('23:00')
  await machine.startControl()
  await endedRuns(3)
  expect(await points()).toHaveLength(3)
  const missed = async () =>
    (await machine.person.call('listNotifications')).items.filter(
      ({ kind }) => kind === 'schedule-missed',
    )
  await until('the missed time is told', async () => (await missed()).length > 0)
  const [only, ...more] = await missed()
  expect(more).toEqual([])
  expect(only?.text.replaceAll(/\s+/g, ' ')).toMatch(
    /"Nightly" should have run at \S+ 22:30 \(UTC\), and the control plane was not there\. Its run begins now, 30 minutes late\./,
  )
}, 60_000)

test('just the points expire that the preview counted', async () => {
  const file = join(folder, 'nightly.yaml')
  writeFileSync(file, POLICY.replace('last: 9', 'last: 1'))
  const preview = await cli.done('policies', 'preview', 'Nightly', '-f', file)
  expect(preview).toContain('4 points of those that are there would expire.')
  await cli.done('policies', 'apply', '-f', file)
  const [newest] = await points()
  expect(await cli.done('maintenance', '--only', 'retention')).toContain('4 points removed')
  expect(await points()).toEqual([newest])
}, 60_000)
