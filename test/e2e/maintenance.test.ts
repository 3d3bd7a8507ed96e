import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RepositoryView } from '#core/contracts/repository-api.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'

/*
 * Motivation: points have to go when a policy says so, no others and never too early, and what stays has to be worth something.
 * Steps: runs of a policy that keeps two points; one of the old ones is put under a hold; maintenance as a person starts it, gateway and control plane killed
 * in the middle of it; deletion by hand, and past the control plane.
 * Passes when just the expired points are gone from repository and catalog, the rest restores, and every refusal is a sentence.
 */

let machine: Machine
let cli: CommandLine
const content = randomBytes(4 * MiB)

beforeAll(async () => {
  machine = await startMachine({ web: [content] })
  cli = commandLine(machine.site.dataDir)
}, 60_000)
afterAll(() => machine?.stop())

const ids = async () => (await cli.points('web')).map(({ pointId }) => pointId)
const stored = async () => {
  const repository = await machine.site.openRepository()
  const found = (await Array.fromAsync(repository.points())).map(({ id }) => id)
  await repository.close()
  return found.sort().reverse()
}

test('a policy lets points go, a hold keeps one, and what is kept restores', async () => {
  const { policy } = await machine.person.call('createPolicy', {
    body: {
      name: 'Nightly',
      selection: { include: [{ names: ['web'] }] },
      retention: { last: 2 },
    },
  })
  for (let round = 0; round < 4; round++) {
    const { runId } = await machine.person.call('startRun', {
      body: { kind: 'policy', policyId: policy.policyId },
    })
    await machine.finished(runId)
  }
  const [newest, second, third, fourth] = await ids()
  expect(await cli.done('points', 'hold', fourth ?? '', '--reason', 'court file 12')).toContain(
    'Held: ',
  )

  const { runId } = await machine.person.call('startRun', { body: { kind: 'maintenance' } })
  // Whatever it is at just now: the job is found again by whoever comes next.
  await machine.program('agent').kill()
  await machine.program('control').kill()
  await machine.startControl()
  machine.startAgent()
  const { run } = await machine.finished(runId)
  expect(run).toMatchObject({
    state: 'succeeded',
    title: '1 point expired (1 more is under a legal hold), garbage collection, verification',
  })
  expect(run.line).toMatch(/^(1 point removed|0 points removed, 1 were gone already)\. 0 B freed/)
  expect(run.line).toMatch(/no damage found\.$/)
  expect(await ids()).toEqual([newest, second, fourth])
  expect(await stored()).toEqual([newest, second, fourth])
  expect(third).toBeDefined()
  expect(await cli.done('points', 'show', fourth ?? '')).toMatch(
    /court file 12[\s\S]*read back {6}younger than 30 days, to be read back by/,
  )

  const outcome = await machine.restore(newest ?? '', { newName: 'copy' })
  if (outcome.status !== 'restored') throw new Error(JSON.stringify(outcome))
  const [disk = ''] = machine.disksOf(outcome.report.newVmUuid)
  expect((await machine.read(disk)).equals(content)).toBe(true)
}, 90_000)

test('a person deletes one, but none that is held or the last; one that goes by the repository tool leaves the catalog', async () => {
  const [newest = '', second = '', held = ''] = await ids()
  const remove = (id: string, ...more: string[]) =>
    cli.xenkeep('points', 'delete', id, '--reason', 'test', ...more)
  expect((await remove(second)).stderr).toContain('Confirm with --confirm "web"')
  expect((await remove(held, '--confirm', 'web')).stderr).toContain('A legal hold of owner')
  expect(await remove(second, '--confirm', 'web')).toMatchObject({ exitCode: 0 })
  expect(await ids()).toEqual([newest, held])

  const repository = await machine.site.openRepository()
  const ref = (await Array.fromAsync(repository.points())).find(({ id }) => id === newest)
  await repository.removePoint(ref as { key: string }, repository.store as never)
  await repository.close()
  // The comparison comes when a gateway starts, and once in a while.
  await machine.program('agent').kill()
  machine.startAgent()
  expect(await cli.done('maintenance', '--only', 'verify')).toContain('no damage found')
  await until('the catalog has followed', async () => (await ids()).join() === held, { ms: 20_000 })

  await cli.done('points', 'release', held, '--reason', 'case closed')
  expect((await remove(held, '--confirm', 'web')).stderr).toContain(
    'it is the last recovery point of "web"',
  )
  expect(await remove(held, '--confirm', 'web', '--even-last')).toMatchObject({ exitCode: 0 })
  expect(await stored()).toEqual([])
}, 60_000)

test('what is stored and how much of it was looked at is told', async () => {
  const { repository } = await cli.json<{ repository: RepositoryView }>('repository')
  expect(repository).toMatchObject({
    points: { count: 0, vms: 0 },
    verification: { report: { damages: 0 } },
    gateways: [{ name: 'test gateway', keeper: true }],
  })
  const told = await cli.done('repository')
  expect(told).toMatch(/verification {3}.*were read in full at least once/)
  expect(told).toContain('each day at 03:00 (UTC), not yet')
})
