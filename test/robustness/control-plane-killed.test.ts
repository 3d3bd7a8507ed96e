import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { ulid } from 'ulid'
import { afterEach, expect, test } from 'vitest'
import type { Client } from '#core/contracts/client.ts'
import { JobSpec } from '#core/contracts/jobs.ts'
import { type ControlProcess, controlProcess, insist } from '#test/support/control-process.ts'
import {
  backedUp,
  enrolFakeGateway,
  type FakeIdentity,
  gatewayClient,
  POOL,
  poolOf,
  progress,
} from '#test/support/fake-gateway.ts'

/*
 * Motivation: the control plane may die at any moment (power, kill -9) and no run may be lost by that.
 * Steps: one control plane as a process, one scripted gateway that keeps calling like the real one; the process is killed at one
 * given moment of a backup of two VMs and started again on the same directory.
 * Pass: the run ends, both jobs have the outcome that the gateway told, both points are in the catalog, nothing is left open.
 */

let control: ControlProcess
afterEach(() => control.dispose())

interface Site {
  identity: FakeIdentity
  gateway: () => Client
  instance: string
}

const prepareSite = async (): Promise<Site> => {
  control = controlProcess()
  await control.start()
  const code = await expect
    .poll(() => control.enrolmentCode())
    .toBeTruthy()
    .then(() => control.enrolmentCode())
  const identity = await enrolFakeGateway(control.url(), code)
  const gateway = () => gatewayClient(control.url(), identity)
  const { gatewayId } = identity
  await gateway().call('putInventory', {
    params: { gatewayId },
    body: { pools: [poolOf('web01', 'db01')] },
  })
  return { identity, gateway, instance: ulid() }
}

const lease = (
  { identity: { gatewayId }, gateway, instance }: Site,
  freeSlots: number,
  holding: string[],
) =>
  insist(() =>
    gateway().call('lease', {
      params: { gatewayId },
      body: { instance, freeSlots, pools: [POOL], holding },
    }),
  )

type Leased = Awaited<ReturnType<typeof lease>>['jobs'][number]

const heartbeat = ({ gateway }: Site, { jobId, epoch }: Leased) =>
  insist(() => gateway().call('heartbeat', { params: { jobId }, body: { epoch, progress } }))

const result = ({ gateway }: Site, { jobId, epoch, spec }: Leased) =>
  insist(() =>
    gateway().call('result', {
      params: { jobId },
      body: { epoch, outcome: backedUp(jobId, JobSpec.parse(spec)) },
    }),
  )

const startRun = async () =>
  (
    await control.person().call('startRun', {
      body: { kind: 'backup', vms: ['web01', 'db01'] },
    })
  ).runId

const restart = async () => {
  await control.kill()
  await control.start()
}

/** Leases until two jobs are there: after a restart the machines dispatch a moment later. */
const leaseTwo = async (site: Site): Promise<Leased[]> => {
  const jobs: Leased[] = []
  await expect
    .poll(async () => {
      const held = jobs.map(({ jobId }) => jobId)
      jobs.push(...(await lease(site, 2 - jobs.length, held)).jobs)
      return jobs.length
    })
    .toBe(2)
  return jobs
}

const expectAllDone = async (runId: string) => {
  const seen = () => insist(() => control.person().call('getRun', { params: { runId } }))
  await expect.poll(async () => (await seen()).run.state).toBe('succeeded')
  const { jobs } = await seen()
  expect(jobs.map(job => [job.state, job.outcome?.status])).toEqual([
    ['finished', 'backed-up'],
    ['finished', 'backed-up'],
  ])
  const points = await control.person().call('listPoints', {})
  expect(points.items.map(point => point.pointId).sort()).toEqual(jobs.map(job => job.jobId).sort())
}

test.each([
  'the run was started',
  'the jobs were leased',
  'the jobs told a heartbeat',
  'both results were accepted',
] as const)('killed after %s: the run finishes after the restart', async moment => {
  const site = await prepareSite()
  const runId = await startRun()
  if (moment === 'the run was started') await restart()

  const jobs = await leaseTwo(site)
  if (moment === 'the jobs were leased') await restart()

  for (const job of jobs) await heartbeat(site, job)
  if (moment === 'the jobs told a heartbeat') await restart()
  // The lease is as good as before: nothing was given to anybody else.
  expect(
    (
      await lease(
        site,
        4,
        jobs.map(({ jobId }) => jobId),
      )
    ).jobs,
  ).toEqual([])

  const [first, second] = jobs
  if (!first || !second) throw new Error('expected two jobs')
  await result(site, first)
  await result(site, second)
  if (moment === 'both results were accepted') await restart()
  await expectAllDone(runId)
})

test('killed while the result is on its way: told again, it is accepted once', async () => {
  const site = await prepareSite()
  const runId = await startRun()
  const jobs = await leaseTwo(site)
  const telling = Promise.all(jobs.map(job => result(site, job)))
  await restart()
  await telling
  await Promise.all(jobs.map(job => result(site, job)))
  await expectAllDone(runId)
})

test('a gateway restarted with the control plane down takes its own jobs back at once', async () => {
  const site = await prepareSite()
  const runId = await startRun()
  const before = await leaseTwo(site)
  await restart()
  const reborn = { ...site, instance: ulid() }
  const after = await leaseTwo(reborn)
  expect(after.map(job => [job.jobId, job.epoch])).toEqual(before.map(job => [job.jobId, 2]))

  const [old] = before
  if (!old) throw new Error('expected a job')
  await expect(result(site, old)).rejects.toMatchObject({ code: 'EPOCH_OUTDATED' })
  for (const job of after) await result(reborn, job)
  await expectAllDone(runId)
})

test('killed at any moments: every run ends and every told point is there', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 1, maxLength: 2 }),
      async pauses => {
        const site = await prepareSite()
        const runId = await startRun()
        const work = (async () => {
          for (const job of await leaseTwo(site)) {
            await heartbeat(site, job)
            await result(site, job)
          }
        })()
        for (const pause of pauses) {
          await new Promise(resolve => setTimeout(resolve, pause))
          await restart()
        }
        await work
        await expectAllDone(runId)
        await control.dispose()
      },
    ),
    { numRuns: 2 },
  )
}, 60_000)

test('a run that is open at a stop in good order goes on after the next start', async () => {
  const site = await prepareSite()
  const runId = await startRun()
  const jobs = await leaseTwo(site)
  expect(await control.stop()).toBe(0)
  await control.start()
  for (const job of jobs) await result(site, job)
  await expectAllDone(runId)
})

test('with its catalog destroyed it starts empty, enrols its gateway anew and learns the points again', async () => {
  const site = await prepareSite()
  const runId = await startRun()
  for (const job of await leaseTwo(site)) await result(site, job)
  await expectAllDone(runId)
  const before = (await control.person().call('listPoints', {})).items
  writeFileSync(
    join(control.directory, 'gateway', 'identity.json'),
    JSON.stringify({ gatewayId: site.identity.gatewayId }),
  )

  await control.kill()
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(control.directory, 'control', `catalog.sqlite${suffix}`), { force: true })
  await control.start()
  await expect(lease(site, 1, [])).rejects.toMatchObject({ code: 'GATEWAY_UNKNOWN' })

  let identity: FakeIdentity | undefined
  await expect
    .poll(async () => {
      identity = await enrolFakeGateway(control.url(), control.enrolmentCode())
      return identity
    })
    .toBeTruthy()
  if (!identity) throw new Error('expected an identity')
  const gateway = gatewayClient(control.url(), identity)
  const repositoryId = before[0]?.repositoryId ?? ''
  const pointIds = before.map(({ pointId }) => pointId)
  const params = { repositoryId }
  const { missing } = await gateway.call('missingPoints', { params, body: { pointIds } })
  expect(missing).toEqual(pointIds)
  await gateway.call('putPoints', { params, body: { points: before } })
  expect((await control.person().call('listPoints', {})).items).toEqual(before)
})
