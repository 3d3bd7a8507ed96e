import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Client } from '#core/contracts/client.ts'
import { type ControlProcess, controlProcess } from '#test/support/control-process.ts'
import { globalTable } from '#test/support/global-table.ts'
import { until } from '#test/support/patience.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { makeSite, startAgent } from '#test/support/site.ts'

/*
 * Motivation: the region with the active control plane is lost in the middle of a backup. An administrator takes over in the other one; the
 * run goes on there with the same gateway, and restores run. What the lost region had not sent yet must lead to nothing wrong.
 * Steps: two control planes in processes of their own, each on its own SQLite catalog; a stand-in for a global table between them with a lag
 * (test/support/global-table.ts); one gateway that knows both; kill -9 of the first, take-over at the second; the first comes back.
 * Passes when the run ends well, its points are there once, a restore runs, and the first region stands by with the same catalog.
 */

const MiB = 1024 * 1024
const LAG = 150 // ms
const [FIRST, SECOND] = ['eu-central-1', 'eu-west-1'] as const

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
const kept = <T>(value: T, close: (value: T) => unknown): T => {
  closers.push(async () => close(value))
  return value
}

/** @param rate what the gateway may read from the pool: so that a run lasts long enough to lose a region in it */
const twoRegions = async (rate: string) => {
  const images = { mail: [randomBytes(2 * MiB)], files: [randomBytes(2 * MiB)] }
  const pool = kept(await poolOfImages(images), made => made.close())
  const site = kept(await makeSite(pool), made => made.remove())
  const controlAt = async (here: string): Promise<ControlProcess> => {
    const others = [FIRST, SECOND].filter(name => name !== here)
    const control = { region: { here, first: FIRST, others } }
    const process = controlProcess({ control, repository: { address: site.address } })
    return kept(process, made => made.dispose())
  }
  const [first, second] = [await controlAt(FIRST), await controlAt(SECOND)]
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
        bandwidth: { fromXenServer: [{ rate }] },
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
  return { pool, site, first, second, table, agent }
}

const ended = async (person: Client, runId: string) => {
  const read = () => person.call('getRun', { params: { runId } })
  await until('the run has ended', async () => (await read()).run.state !== 'running', {
    everyMs: 50,
  })
  return read()
}

const takeOver = ({ person }: ControlProcess, confirm: string) =>
  person().call('takeOverRegion', { body: { confirm, why: 'the other one is lost' } })

test('a region is lost in mid-run: the other one finishes the run and restores, and the lost one comes back as the one that stands by', async () => {
  const { first, second, table, agent, pool } = await twoRegions('1MB/s')
  const body = { kind: 'backup' as const, vms: ['mail', 'files'] }
  const { runId } = await first.person().call('startRun', { body })
  await until('both jobs are at work, as the second region sees it', async () => {
    const { jobs } = await second.person().call('getRun', { params: { runId } })
    return jobs.length === 2 && jobs.every(job => (job.progress?.bytesRead ?? 0) > 0)
  })
  table.cut()
  await first.kill()

  await expect(second.person().call('startRun', { body })).rejects.toMatchObject({
    code: 'REGION_STANDBY',
  })
  expect(await takeOver(second, SECOND)).toMatchObject({ epoch: 1, active: SECOND, goingOn: 1 })
  const { run, jobs } = await ended(second.person(), runId)
  expect(run).toMatchObject({ state: 'succeeded' })
  expect(jobs.map(({ outcome }) => outcome?.status)).toEqual(['backed-up', 'backed-up'])
  const { items: points } = await second.person().call('listPoints')
  expect(points.map(({ pointId }) => pointId).sort()).toEqual(jobs.map(({ jobId }) => jobId).sort())
  await agent.says(/A region was taken over: it is epoch 1 now/)

  // It takes up to 5 s until it has heard that it stands by; a restore goes on meanwhile.
  const back = first.start().then(table.join)
  const pointId = points.find(({ vmName }) => vmName === 'mail')?.pointId ?? ''
  const restore = { kind: 'restore', pointId, newName: 'mail again' } as const
  const restored = await second.person().call('startRun', { body: restore })
  expect((await ended(second.person(), restored.runId)).run.state).toBe('succeeded')
  const names = [...pool.state.database.all('VM').values()].map(({ name_label }) => name_label)
  expect(names).toContain('mail again')

  await back
  await until('the first region has heard that it is not the active one', async () => {
    const { standingBy, epoch } = await first.person().call('getRegion')
    return standingBy && epoch === 1
  })
  await until('both catalogs tell the same of runs and points', () =>
    ['RUNS', 'OPENRUNS', `RUN#${runId}`, 'POINTS', 'PROTECTED'].every(
      pk => JSON.stringify(table.items(0, pk)) === JSON.stringify(table.items(1, pk)),
    ),
  )
  expect(table.items(1, 'OPENRUNS')).toEqual([])
  expect(await second.person().call('getRun', { params: { runId } })).toMatchObject({
    run: { state: 'succeeded' },
  })
})

test('a job that had ended in the lost region, unheard of in the other, is done again, and its point is there once', async () => {
  const { first, second, table, site } = await twoRegions('20MB/s')
  const body = { kind: 'backup' as const, vms: ['mail', 'files'] }
  const { runId } = await first.person().call('startRun', { body })
  await until('the run is known in the second region', async () => {
    const { items } = await second.person().call('listRuns')
    return items.some(run => run.runId === runId)
  })
  table.cut()
  expect((await ended(first.person(), runId)).run.state).toBe('succeeded')
  await first.kill()
  expect((await second.person().call('getRun', { params: { runId } })).run.state).toBe('running')

  await takeOver(second, SECOND)
  const { run, jobs } = await ended(second.person(), runId)
  expect(run.state).toBe('succeeded')
  const repository = await site.openRepository()
  const stored = await Array.fromAsync(repository.points())
  await repository.close()
  expect(stored.map(({ id }) => id).sort()).toEqual(jobs.map(({ jobId }) => jobId).sort())

  // The lost region held an end of the run that was never sent. It does not undo what was done since.
  table.join()
  await first.start()
  await until('the first region stands by', async () => {
    const { standingBy } = await first.person().call('getRegion')
    return standingBy
  })
  await until('all was exchanged', () =>
    ['RUNS', 'OPENRUNS', `RUN#${runId}`, 'POINTS'].every(
      pk => JSON.stringify(table.items(0, pk)) === JSON.stringify(table.items(1, pk)),
    ),
  )
  expect(table.items(1, 'POINTS')).toHaveLength(2)
  expect((await second.person().call('getRun', { params: { runId } })).run.state).toBe('succeeded')
})
