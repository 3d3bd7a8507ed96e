import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { acceptOutcome, heartbeatJob, type Job, newJob, requestCancel } from '#core/runs/job.ts'
import { changeJob, dispatchJob, openJobs, readJob } from '#core/runs/jobs-catalog.ts'
import { limits } from '#core/runs/limits.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { takeJobs } from '#core/runs/take-jobs.ts'
import { tendJob } from '#core/runs/tend.ts'
import { backedUp, POOL, progress, vmUuid } from '#test/support/fake-gateway.ts'

/*
 * Motivation: gateways, control plane and network may act in any order; the rules that hold whatever the order are the ground
 * that everything else stands on.
 * Steps: random calls of two gateways (leases, heartbeats and results under present and former epochs, restarts, lost
 * answers), of the control plane (dispatch again, tend, cancel) and of time, on one run of three jobs.
 * Pass: a job has at most one accepted outcome and keeps it; an old epoch never changes anything; an epoch is given out once and
 * never goes back; nobody takes a job whose lease another gateway holds; a job that is open stays findable, and a healthy gateway brings every job to an end.
 */

const RUN = '01J00000000000000000000000'
const JOBS = [
  '01J00000000000000000000001',
  '01J00000000000000000000002',
  '01J00000000000000000000003',
]
const GATEWAYS = ['01J0000000000000000000000A', '01J0000000000000000000000B'] as const

const job = fc.constantFrom(...JOBS)
const gateway = fc.constantFrom(0, 1)
const action = fc.oneof(
  fc.record({
    do: fc.constant('lease'),
    gateway,
    slots: fc.integer({ min: 1, max: 3 }),
    tells: fc.boolean(),
  }),
  fc.record({ do: fc.constant('heartbeat'), gateway, job, age: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant('result'), gateway, job, age: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant('restart'), gateway }),
  fc.record({
    do: fc.constant('wait'),
    ms: fc.constantFrom(1_000, limits.leaseMs / 2, limits.leaseMs),
  }),
  fc.record({ do: fc.constant('dispatch'), job }),
  fc.record({ do: fc.constant('tend'), job }),
  fc.record({ do: fc.constant('cancel'), job }),
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

const codeOf = (error: unknown): string | undefined =>
  error instanceof XenkeepError ? error.code : undefined

const setUp = async () => {
  const catalog = memoryCatalog()
  const run = { runId: RUN, kind: 'backup', state: 'running', title: '', started: 0 } as const
  const jobs = JOBS.map((jobId, index) =>
    newJob(
      jobId,
      RUN,
      { kind: 'backup-vm', poolUuid: POOL, vmUuid: vmUuid(index), vmName: jobId, method: 'normal' },
      0,
    ),
  )
  await createRun(catalog, run, jobs)
  for (const jobId of JOBS) await dispatchJob(catalog, jobId, 'token')
  return catalog
}

const play = async (actions: readonly Action[]) => {
  const catalog = await setUp()
  let now = 1_000
  const instances = ['i0', 'i1']
  const working: Set<string>[] = [new Set(), new Set()]
  const given = new Set<string>()
  const accepted = new Map<string, Job['outcome']>()
  const read = async (jobId: string) => (await readJob(catalog, jobId)).value
  const gatewayId = (index: number) => GATEWAYS[index] ?? ''

  const lease = async (index: number, slots: number, tells: boolean) => {
    const worker = {
      gatewayId: gatewayId(index),
      instance: instances[index] ?? '',
      holding: tells ? [...(working[index] ?? [])] : undefined,
    }
    const held = await Promise.all(JOBS.map(read))
    const { leased } = await takeJobs(catalog, POOL, { worker, slots, now })
    for (const { jobId, epoch } of leased) {
      const former = held.find(found => found.jobId === jobId)
      const isHeldElsewhere =
        former?.state === 'leased' &&
        former.lease?.gatewayId !== worker.gatewayId &&
        (former.lease?.leaseUntil ?? 0) > now
      expect(isHeldElsewhere).toBe(false)
      expect(given).not.toContain(`${jobId} ${epoch}`)
      given.add(`${jobId} ${epoch}`)
      working[index]?.add(jobId)
    }
    return leased
  }

  const tell = async (index: number, jobId: string, epoch: number, isResult: boolean) => {
    const before = await read(jobId)
    const who = { gatewayId: gatewayId(index), epoch }
    const outcome = backedUp(jobId, before.spec)
    const telling = changeJob(catalog, jobId, found =>
      isResult ? acceptOutcome(found, who, outcome, now) : heartbeatJob(found, who, progress, now),
    )
    const isRight = before.lease?.gatewayId === who.gatewayId && before.epoch === epoch
    if (!isRight) {
      await expect(telling.catch(codeOf)).resolves.toBe('EPOCH_OUTDATED')
      expect(await read(jobId)).toEqual(before)
      return
    }
    const after = await telling
    if (before.state === 'finished') expect(after).toEqual(before)
    else if (isResult) accepted.set(jobId, outcome)
  }

  const step = async (one: Action) => {
    switch (one.do) {
      case 'lease':
        await lease(one.gateway, one.slots, one.tells)
        return
      case 'heartbeat':
      case 'result': {
        const { epoch } = await read(one.job)
        if (epoch - one.age > 0)
          await tell(one.gateway, one.job, epoch - one.age, one.do === 'result')
        return
      }
      case 'restart':
        instances[one.gateway] += "'"
        working[one.gateway] = new Set()
        return
      case 'wait':
        now += one.ms
        return
      case 'dispatch':
        await dispatchJob(catalog, one.job, 'another token')
        return
      case 'tend':
        await changeJob(catalog, one.job, found => tendJob(found, [], now))
        return
      case 'cancel':
        await changeJob(catalog, one.job, found => requestCancel(found, now))
    }
  }

  let before = await Promise.all(JOBS.map(read))
  for (const one of actions) {
    await step(one)
    const after = await Promise.all(JOBS.map(read))
    const open = await openJobs(catalog, POOL)
    for (const [index, found] of after.entries()) {
      const former = before[index]
      expect(found.epoch).toBeGreaterThanOrEqual(former?.epoch ?? 0)
      if (former?.state === 'finished') expect(found).toEqual(former)
      expect(open.includes(found.jobId)).toBe(found.state !== 'finished')
      if (accepted.has(found.jobId)) expect(found.outcome).toEqual(accepted.get(found.jobId))
    }
    before = after
  }

  // A healthy gateway that comes now brings everything to an end.
  now += limits.leaseMs
  for (let round = 0; round < 5; round++)
    for (const { jobId, epoch } of await lease(0, 3, true)) await tell(0, jobId, epoch, true)
  const end = await Promise.all(JOBS.map(read))
  expect(end.map(({ state }) => state)).toEqual(['finished', 'finished', 'finished'])
  expect(await openJobs(catalog, POOL)).toEqual([])
}

test('whatever the order of calls: one outcome, no write under an old epoch, no job lost', async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 60, size: 'max' }), play), {
    numRuns: 200,
  })
})

test('a job that was leased ten times without a result is given up, and says so', async () => {
  const catalog = await setUp()
  const worker = (n: number) => ({ gatewayId: GATEWAYS[0], instance: `i${n}` })
  for (let n = 0; n < limits.maxAttempts; n++)
    await takeJobs(catalog, POOL, { worker: worker(n), slots: 1, now: n })
  const { ended } = await takeJobs(catalog, POOL, { worker: worker(99), slots: 1, now: 99 })
  expect(ended[0]?.outcome).toMatchObject({
    status: 'failed',
    problem: {
      code: 'JOB_GIVEN_UP',
      message: 'The job was started 10 times and no gateway ever reported a result.',
    },
  })
})
