import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pool } from '#sim/pool.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { makeSite, type Program, type Site, startAgent } from '#test/support/site.ts'

/*
 * Motivation: a site has many VMs, several hosts, pools and gateways, and a line that others need, too. One command backs up everything
 * within the bounds that were set, and a person sees how far it is.
 * Steps: eight VMs in two pools, each behind a gateway of its own; limits of streams and a bandwidth plan at one of them; one run.
 * Passes when no bound is exceeded, the rate is held, progress and time left are shown, and all points are there.
 */

const RATE = 1_000_000
const PER_SR = 2
/** MiB of each VM behind the first gateway: one that takes long enough for a time to be told, and small ones beside it. */
const here = { large: 10, a1: 1, a2: 1, a3: 1, a4: 1, a5: 1 }
let machine: Machine
let elsewhere: Pool
let second: { site: Site; agent: Program }
let cli: CommandLine

beforeAll(async () => {
  machine = await startMachine(
    Object.fromEntries(Object.entries(here).map(([name, mib]) => [name, [randomBytes(mib * MiB)]])),
    {
      hosts: 2,
      timing: { dom0Linger: 0 },
      gateway: {
        name: 'gateway of the first pool',
        slots: 4,
        streams: { atOnce: 4, perSr: PER_SR },
        bandwidth: { fromXenServer: [{ rate: `${RATE / 1_000_000}MB/s` }] },
      },
    },
  )
  cli = commandLine(machine.site.dataDir)
  elsewhere = await poolOfImages({ b1: [randomBytes(MiB)], b2: [randomBytes(MiB)] })
  // Another machine with a gateway alone: an address, a code that is good once, and the passphrase of the repository.
  const { site } = machine
  const { url } = JSON.parse(await readFile(site.file('control', 'endpoint.json'), 'utf8'))
  const other = await makeSite(elsewhere, {
    controlUrl: url,
    gateway: { name: 'gateway of the second pool' },
  })
  const { code } = await machine.person.call('createEnrolmentCode')
  await writeFile(other.file('gateway', 'enrolment-code'), code, { mode: 0o600 })
  second = { site: other, agent: startAgent(other) }
  await until('both pools are listed', async () => /^b2 /m.test(await cli.done('vms')), {
    ms: 30_000,
    everyMs: 100,
  })
}, 90_000)
afterAll(async () => {
  await second?.agent.kill()
  await machine?.stop()
  await elsewhere?.close()
  await second?.site.remove()
})

test('two pools, two gateways, one run: bounds are kept, and a person sees how far it is', async () => {
  const { database } = machine.pool.state
  let most = 0
  const hosts = new Set<string>()
  database.onChange(({ className }) => {
    if (className !== 'VBD') return
    const read = [...database.all('VBD').values()].filter(
      ({ VM }) => database.find('VM', VM)?.is_control_domain,
    )
    for (const { VM } of read) hosts.add(VM)
    most = Math.max(most, new Set(read.map(({ VDI }) => VDI)).size)
  })
  await cli.done('backup', '--all', '--detach')
  const following = cli.xenkeep('runs', 'latest', '--follow')
  const seen: string[] = []
  await until(
    'the run has ended',
    async () => {
      const printed = await cli.done('runs', 'latest')
      seen.push(printed)
      return !printed.includes('is running')
    },
    { ms: 90_000, everyMs: 200 },
  )
  const { exitCode, stdout, stderr } = await following
  expect(exitCode).toBe(0)
  expect(stdout).toContain('8 of 8 VMs backed up.')
  expect(stderr).toMatch(/large: reading disks, \d.* of 10\.0 MiB, \d.*\/s, .* left\n/)
  const shown = seen.join('')
  expect(shown).toMatch(/ large +reading disks, \d+ %, .* left\n/)
  expect(shown).toMatch(/time left: /)
  expect(shown).toMatch(/ is running: \d of 8 VMs backed up, \d open\./)

  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(PER_SR)
  expect(hosts.size).toBe(2)
  const { run, jobs } = await cli.latestRun()
  const seconds = ((run.ended ?? 0) - run.started) / 1_000
  // A second's worth may go ahead at once.
  expect(seconds).toBeGreaterThan(
    (Object.values(here).reduce((sum, mib) => sum + mib) * MiB) / RATE - 2,
  )
  const { items } = await machine.person.call('listGateways')
  expect(
    items.map(({ name, pools }) => `${name}: ${pools.map(({ uuid }) => uuid)}`).sort(),
  ).toEqual([
    `gateway of the first pool: ${machine.pool.poolUuid}`,
    `gateway of the second pool: ${elsewhere.poolUuid}`,
  ])
  expect(jobs).toHaveLength(8)
})
