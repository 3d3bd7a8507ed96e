import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '#core/contracts/client.ts'
import { type ControlProcess, controlProcess } from '#test/support/control-process.ts'
import { globalTable } from '#test/support/global-table.ts'
import { until } from '#test/support/patience.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { makeSite, startAgent } from '#test/support/site.ts'

/*
 * Motivation: the region with the active control plane is lost in the middle of a run. An administrator takes over in the other one; the
 * run goes on there with the same gateway, and restores run. What the lost region had not sent yet must lead to nothing wrong.
 * Steps: two control planes in processes of their own, each on its own SQLite catalog; a stand-in for a global table between them with a lag
 * (test/support/global-table.ts); one gateway that knows both. One after the other, to and fro: whoever is active is killed with -9, the other one takes over,
 * the lost one comes back.
 * Passes when each run ends as it should, points are there once, and both catalogs come to tell the same.
 */

const MiB = 1024 * 1024
const LAG = 150 // ms
const NAMES = ['eu-central-1', 'eu-west-1'] as const
const [FIRST] = NAMES

const closers: (() => Promise<unknown>)[] = []
const kept = <T>(value: T, close: (value: T) => unknown): T => {
  closers.push(async () => close(value))
  return value
}
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const setUp = async () => {
  const images = { mail: [randomBytes(2 * MiB)], files: [randomBytes(2 * MiB)] }
  const pool = kept(await poolOfImages(images), made => made.close())
  const site = kept(await makeSite(pool), made => made.remove())
  const regions = NAMES.map((here, side) => {
    const others = NAMES.filter(name => name !== here)
    const control = { region: { here, first: FIRST, others } }
    const process = controlProcess({ control, repository: { address: site.address } })
    return kept({ ...process, here, side }, made => made.dispose())
  })
  const [first, second] = regions as [Region, Region]
  const catalogOf = ({ directory }: ControlProcess) => join(directory, 'control', 'catalog.sqlite')
  const table = kept(globalTable([catalogOf(first), catalogOf(second)], LAG), made => made.close())
  await Promise.all([first.start(), second.start()])

  const knowing = kept(
    await makeSite(pool, {
      settings: { control: { port: 0 }, repository: { address: site.address } },
      gateway: {
        controlPlanes: [first.url(), second.url()],
        failoverAfterSeconds: 0.3,
        passphraseFile: site.file('gateway', 'passphrase'),
        // So that a first backup lasts long enough to lose a region in it.
        bandwidth: { fromXenServer: [{ rate: '2MB/s' }] },
      },
    }),
    made => made.remove(),
  )
  const { code } = await first.person().call('createEnrolmentCode')
  await writeFile(knowing.file('gateway', 'enrolment-code'), code, { mode: 0o600 })
  const agent = kept(startAgent(knowing), made => made.kill())
  await until(`both VMs are known in both regions`, async () => {
    const { items } = await second.person().call('listVms')
    return items.length === 2
  })
  return { pool, site, regions: [first, second] as const, table, agent }
}

type Region = ControlProcess & { here: string; side: number }
let at: Awaited<ReturnType<typeof setUp>>
beforeAll(async () => {
  at = await setUp()
})

/** Who is active, and who stands by: whatever the tests before have left. */
const roles = async (): Promise<{ active: Region; other: Region }> => {
  const [first, second] = at.regions
  const { active } = await first.person().call('getRegion')
  return active === first.here ? { active: first, other: second } : { active: second, other: first }
}

const stateOf = async (person: Client, runId: string) =>
  (await person.call('getRun', { params: { runId } })).run.state

const ended = async (person: Client, runId: string) => {
  await until('the run has ended', async () => (await stateOf(person, runId)) !== 'running', {
    everyMs: 50,
  })
  return person.call('getRun', { params: { runId } })
}

const takeOver = ({ person, here }: Region) =>
  person().call('takeOverRegion', { body: { confirm: here, why: 'the other one is lost' } })

/** The lost region comes back, hears that it stands by, and both catalogs come to tell the same. */
const comesBack = async (lost: Region, runId: string) => {
  const back = lost.start()
  at.table.join()
  await back
  await until('the lost region has heard that it is not the active one', async () => {
    const { standingBy } = await lost.person().call('getRegion')
    return standingBy
  })
  await until('both catalogs tell the same of runs and points', () =>
    ['RUNS', 'OPENRUNS', `RUN#${runId}`, 'POINTS', 'PROTECTED'].every(
      pk => JSON.stringify(at.table.items(0, pk)) === JSON.stringify(at.table.items(1, pk)),
    ),
  )
  // What the other one ended arrives like everything else: when it does.
  await expect.poll(() => at.table.items(0, 'OPENRUNS')).toEqual([])
}

/** Starts a run, has the other region know that it is open, and nothing of what becomes of it then. */
const cutWhileOpen = async (start: () => Promise<string>, other: Region) => {
  for (;;) {
    const runId = await start()
    await until('the run is known in the other region', async () => {
      const { items } = await other.person().call('listRuns')
      return items.some(run => run.runId === runId)
    })
    at.table.cut()
    if ((await stateOf(other.person(), runId)) === 'running') return runId
    at.table.join() // it has ended already, and that had come over
  }
}

const BACKUP = { kind: 'backup' as const, vms: ['mail', 'files'] }

test('a region is lost in mid-run: the other one finishes the run and restores, and the lost one comes back as the one that stands by', async () => {
  const { table, agent, pool } = at
  const { active, other } = await roles()
  const { runId } = await active.person().call('startRun', { body: BACKUP })
  await until('both jobs are at work, as the other region sees it', async () => {
    const { jobs } = await other.person().call('getRun', { params: { runId } })
    return jobs.length === 2 && jobs.every(job => (job.progress?.bytesRead ?? 0) > 0)
  })
  table.cut()
  await active.kill()

  await expect(other.person().call('startRun', { body: BACKUP })).rejects.toMatchObject({
    code: 'REGION_STANDBY',
  })
  expect(await takeOver(other)).toMatchObject({ active: other.here, goingOn: 1 })
  const { run, jobs } = await ended(other.person(), runId)
  expect(run).toMatchObject({ state: 'succeeded' })
  expect(jobs.map(({ outcome }) => outcome?.status)).toEqual(['backed-up', 'backed-up'])
  const { items: points } = await other.person().call('listPoints')
  expect(points.map(({ pointId }) => pointId).sort()).toEqual(jobs.map(({ jobId }) => jobId).sort())
  await agent.says(/A region was taken over: it is epoch \d now/)

  // It takes up to 5 s until the lost region has heard that it stands by; a restore goes on meanwhile.
  const pointId = points.find(({ vmName }) => vmName === 'mail')?.pointId ?? ''
  const restore = { kind: 'restore', pointId, newName: 'mail again' } as const
  const restored = await other.person().call('startRun', { body: restore })
  const [{ run: end }] = await Promise.all([
    ended(other.person(), restored.runId),
    comesBack(active, runId),
  ])
  expect(end.state).toBe('succeeded')
  const names = [...pool.state.database.all('VM').values()].map(({ name_label }) => name_label)
  expect(names).toContain('mail again')
  await expect(active.person().call('startRun', { body: BACKUP })).rejects.toMatchObject({
    code: 'REGION_STANDBY',
  })
})

test('what had ended in the lost region, unheard of in the other: a backup is done again and its point is there once; a restore over a VM is not repeated', async () => {
  const { site, agent, table } = at
  const { active, other } = await roles()
  const person = active.person()
  const begin = async (body: Parameters<typeof person.call<'startRun'>>[1]) =>
    (await person.call('startRun', body)).runId
  await ended(person, await begin({ body: BACKUP }))
  const { items: points } = await person.call('listPoints')
  const { pointId = '' } = points.find(({ vmName }) => vmName === 'mail') ?? {}
  const wishes = { identity: 'disks-only' as const, shutDown: true }
  let backup = ''
  const restore = await cutWhileOpen(async () => {
    backup = await begin({ body: { kind: 'backup', vms: ['files'] } })
    return begin({ body: { kind: 'restore', pointId, wishes } })
  }, other)
  expect((await ended(person, restore)).run.state).toBe('succeeded')
  expect((await ended(person, backup)).run.state).toBe('succeeded')
  await active.kill()
  expect(await stateOf(other.person(), restore)).toBe('running')

  await takeOver(other)
  const { run } = await ended(other.person(), backup)
  expect(run.state).toBe('succeeded')
  const repository = await site.openRepository()
  const stored = await Array.fromAsync(repository.points())
  await repository.close()
  expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length)
  expect(stored.map(({ id }) => id)).toContain(await jobOf(other, backup))

  await until('it is told why the restore does not go on', async () => {
    const { run: open } = await other.person().call('getRun', { params: { runId: restore } })
    return open.line.includes('perhaps done there')
  })
  const jobId = await jobOf(other, restore)
  expect(agent.lines.filter(line => line.includes(`Job ${jobId}: restore-vm`))).toHaveLength(1)
  await other.person().call('cancelRun', { params: { runId: restore } })
  expect((await ended(other.person(), restore)).run.state).toBe('cancelled')
  // The lost region held ends of both that were never sent. They do not undo what was done since.
  await comesBack(active, restore)
  expect(await stateOf(active.person(), restore)).toBe('cancelled')
  expect(table.items(other.side, 'POINTS')).toHaveLength(stored.length)
})

const jobOf = async ({ person }: Region, runId: string) =>
  (await person().call('getRun', { params: { runId } })).jobs[0]?.jobId ?? ''

test('the region that takes over is lost while it does: it is started again, takes over, and the run ends well', async () => {
  const { active, other } = await roles()
  const backUp = async () => (await active.person().call('startRun', { body: BACKUP })).runId
  const runId = await cutWhileOpen(backUp, other)
  await active.kill()

  const killed = takeOver(other).catch(({ code }) => code as string)
  await new Promise(resolve => setTimeout(resolve, Math.random() * 60)) // anywhere in it
  await other.kill()
  await killed
  await other.start()
  expect(await takeOver(other)).toMatchObject({ active: other.here, standingBy: false })
  expect((await ended(other.person(), runId)).run.state).toBe('succeeded')
  await comesBack(active, runId)
})
