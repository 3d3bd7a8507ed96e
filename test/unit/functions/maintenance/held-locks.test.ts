import { expect, test } from 'vitest'
import type { HeldLocksReport } from '#core/contracts/held-locks.ts'
import type { HoldView } from '#core/contracts/holds-api.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { tendMaintenance } from '#functions/events/tend-maintenance.ts'
import { NOON } from '#test/support/call-api.ts'
import { collected, DAY, DB, maintainedSite, WEB } from '#test/support/maintained-site.ts'

const MINUTES = 60_000
const DATED = NOON + 400 * DAY

const site = async () => {
  const made = await maintainedSite()
  const { api, gatewayId } = made
  const hold = async (on: object, more: object = {}): Promise<HoldView> =>
    (await api.asPerson('POST', '/v1/holds', { on, reason: 'court file', ...more })).json
      .hold as HoldView
  const release = async (on: object) =>
    (await api.asPerson('POST', '/v1/holds/release', { on, reason: 'closed' })).json
  const holds = async () => (await api.asPerson('GET', '/v1/holds')).json.items as HoldView[]
  const nextLocking = () => made.next(undefined, true)
  const askHeld = async ({ jobId, epoch }: { jobId: string; epoch: number }, pointId: string) =>
    (await api.asGateway('POST', `/v1/jobs/${jobId}/held`, { epoch, pointId })).json
  const told = (points: HeldLocksReport['points'], unsupported?: string) => ({
    status: 'points-locked' as const,
    report: { points, ...(unsupported && { unsupported }) },
  })
  const lockOf = (until: number) => ({
    lock: { mode: 'governance' as const, until, asked: api.ports.clock.now() },
  })
  const tend = () => tendMaintenance(api.ports)()
  return {
    ...{ ...made, gatewayId, hold, release, holds, nextLocking, askHeld, told, lockOf, tend },
  }
}

test('a hold has a gateway lock its point until the end of the hold, and tells when it is', async () => {
  const { api, addPoint, hold, holds, nextLocking, askHeld, tell, told, lockOf, ended } =
    await site()
  const { pointId, vmUuid, vmName } = await addPoint(1)
  const on = { pointId }
  expect((await hold(on, { until: DATED })).lock).toEqual({ state: 'asked', points: 1, locked: 0 })
  const job = await nextLocking()
  expect(job.spec).toEqual({
    kind: 'lock-held-points',
    points: [{ pointId, vmUuid, vmName }],
    until: DATED,
  })
  expect(await askHeld(job, pointId)).toEqual({ held: true, until: DATED })
  await tell(job, told([{ pointId, ...lockOf(DATED) }]))
  expect(await holds()).toMatchObject([
    { pointId, lock: { state: 'locked', points: 1, locked: 1, until: DATED } },
  ])
  const { json } = await api.asPerson('GET', '/v1/points')
  expect(json.items).toMatchObject([
    { pointId, lock: { until: DATED }, held: 'legal hold: locked until 2027-12-27' },
  ])
  expect((await api.asPerson('GET', '/v1/repository')).json.holdLocks).toEqual({
    ...{ locked: 1, asked: 0, failed: 0, impossible: 0 },
  })
  const [run] = (await api.asPerson('GET', '/v1/runs')).json.items as { runId: string }[]
  expect(await ended(run?.runId ?? '')).toMatchObject({
    state: 'succeeded',
    line: '1 point under a legal hold locked in the store, the first until 2027-12-27.',
  })
})

test('a hold that has ended is listed as one that keeps nothing, and is not told as one that waits for a lock', async () => {
  const { api, addPoint, hold, holds, nextLocking, tell, told, lockOf, tend } = await site()
  const { pointId } = await addPoint(1)
  await hold({ pointId }, { until: NOON + DAY })
  await tell(await nextLocking(), told([{ pointId, ...lockOf(NOON + DAY) }]))
  api.wait(DAY)
  await tend()
  const [ended] = await holds()
  expect(ended).toMatchObject({ pointId, until: NOON + DAY })
  expect(ended?.lock).toBeUndefined()
  const { json } = await api.asPerson('GET', '/v1/repository')
  expect([json.holds, json.holdLocks]).toEqual([0, undefined])
})

test('a hold without an end is locked sixty days ahead and prolonged as it goes; a release ends that, and says how long the locks stay', async () => {
  const { api, addPoint, hold, nextLocking, askHeld, tell, told, lockOf, tend, release, lease } =
    await site()
  const { pointId } = await addPoint(1)
  await hold({ vmUuid: WEB })
  const first = await nextLocking()
  expect(first.spec).toMatchObject({ until: NOON + 61 * DAY })
  expect(await askHeld(first, pointId)).toEqual({ held: true, days: 60 })
  await tell(first, told([{ pointId, ...lockOf(NOON + 71 * DAY) }]))
  api.wait(15 * MINUTES)
  expect(await tend()).toMatchObject({ locksBegun: false })
  // A day later it is looked at again; a point that has come since is locked within the quarter of an hour.
  const newer = await addPoint(0)
  api.wait(15 * MINUTES)
  expect(await tend()).toMatchObject({ locksBegun: true })
  const second = await nextLocking()
  expect(second.spec).toMatchObject({ points: [{ pointId: newer.pointId }] })
  await tell(second, told([{ pointId: newer.pointId, ...lockOf(NOON + 72 * DAY) }]))
  api.wait(DAY)
  expect(await tend()).toMatchObject({ locksBegun: true })
  const third = await nextLocking()
  expect(third.spec.points).toHaveLength(2)
  expect(await release({ vmUuid: WEB })).toEqual({ released: true, lockedUntil: NOON + 72 * DAY })
  // The job that is at work already learns it before each point.
  expect(await askHeld(third, pointId)).toEqual({ held: false })
  await tell(
    third,
    told([
      { pointId, released: true },
      { pointId: newer.pointId, released: true },
    ]),
  )
  api.wait(2 * DAY)
  expect(await tend()).toMatchObject({ locksBegun: false })
  expect((await lease()).filter(({ spec }) => spec.kind === 'lock-held-points')).toEqual([])
})

test('what failed is told with its reason, with what is locked all the same, and is tried again', async () => {
  const { api, addPoint, hold, holds, nextLocking, tell, told, lockOf, tend, ended } = await site()
  const good = await addPoint(1)
  const bad = await addPoint(2)
  await hold({ vmUuid: WEB }, { until: DATED })
  const because = 'The store took a lock and shows none.'
  const [run] = (await api.asPerson('GET', '/v1/runs')).json.items as { runId: string }[]
  await tell(
    await nextLocking(),
    told([
      { pointId: good.pointId, ...lockOf(DATED) },
      { pointId: bad.pointId, because },
    ]),
  )
  expect((await ended(run?.runId ?? '')).state).not.toBe('succeeded')
  expect((await holds())[0]?.lock).toEqual({
    ...{ state: 'failed', points: 2, locked: 1, until: DATED, because },
  })
  api.wait(6 * 60 * MINUTES)
  expect(await tend()).toMatchObject({ locksBegun: true })
  const again = await nextLocking()
  expect(again.spec.points).toMatchObject([{ pointId: bad.pointId }])
  await tell(again, told([{ pointId: bad.pointId, ...lockOf(DATED) }]))
  expect((await holds())[0]?.lock).toMatchObject({ state: 'locked', locked: 2 })
})

test('a job that failed as a whole, and a run that nobody could do, are told with the hold', async () => {
  const { api, addPoint, hold, holds, nextLocking, tell, mark, tend } = await site()
  await addPoint(1)
  await hold({ vmUuid: WEB })
  const message = 'The object store refused to lock "packs/a": permission denied.'
  const problem = { code: 'STORE_DENIED', message, advice: 'Give it the right.', retryable: false }
  await tell(await nextLocking(), { status: 'failed', problem })
  expect((await holds())[0]?.lock).toMatchObject({ state: 'failed', because: message })
  await mark(false)
  const db = await addPoint(1, { vmUuid: DB, vmName: 'db01' })
  expect((await hold({ pointId: db.pointId })).lock).toMatchObject({
    state: 'failed',
    because:
      'No enrolled gateway is marked for maintenance, so nothing can be removed or verified.',
  })
  await mark(true)
  api.wait(15 * MINUTES)
  expect(await tend()).toMatchObject({ locksBegun: true })
  expect((await nextLocking()).spec.points).toMatchObject([{ pointId: db.pointId }])
})

test('a bucket without Object Lock and a directory are told as what they are: nothing but the catalog keeps the point', async () => {
  const { api, addPoint, hold, holds, nextLocking, tell, told, lease } = await site()
  await addPoint(1)
  await hold({ vmUuid: WEB })
  const because = 'The object store s3://b cannot lock objects: Object Lock is not enabled.'
  await tell(await nextLocking(), told([], because))
  expect((await holds())[0]?.lock).toMatchObject({ state: 'impossible', because })

  api.ports.repositoryAddress = 'file:/srv/backups'
  const { lock } = await hold({ vmUuid: WEB })
  expect(lock).toEqual({
    ...{ state: 'impossible', points: 1, locked: 0 },
    because: 'The repository is a directory, which cannot lock.',
  })
  expect((await lease()).filter(({ spec }) => spec.kind === 'lock-held-points')).toEqual([])
})

test('after a collection all held points are read back: what they need may lie in other objects', async () => {
  const { api, addPoint, hold, nextLocking, tell, told, lockOf, tend, start, next } = await site()
  const { pointId } = await addPoint(1)
  await hold({ pointId }, { until: DATED })
  await tell(await nextLocking(), told([{ pointId, ...lockOf(DATED) }]))
  api.wait(60 * MINUTES)
  await start({ steps: ['collect'] })
  const done = collected()
  const at = api.ports.clock.now()
  await tell(await next(), {
    ...done,
    ...(done.status === 'garbage-collected' && { report: { ...done.report, at } }),
  } as typeof done)
  expect(await tend()).toMatchObject({ locksBegun: true })
})

test('two holds on a point: it is locked as long as the longer one wants, and a job never goes further than it was made for', async () => {
  const { addPoint, hold, nextLocking, askHeld, release } = await site()
  const point = (await addPoint(1)) as PointSummary
  const { pointId } = point
  await hold({ pointId }, { until: DATED })
  const job = await nextLocking()
  await hold({ vmUuid: WEB }, { until: DATED + DAY })
  expect(await askHeld(job, pointId)).toEqual({ held: true, until: DATED })
  expect(await askHeld(await nextLocking(), pointId)).toEqual({ held: true, until: DATED + DAY })
  await release({ pointId })
  expect(await askHeld(job, pointId)).toEqual({ held: true, until: DATED })
})

test('only the gateway that holds the job is told, and only of its points', async () => {
  const { addPoint, hold, nextLocking, askHeld } = await site()
  const { pointId } = await addPoint(1)
  const other = await addPoint(2, { vmUuid: DB, vmName: 'db01' })
  await hold({ pointId })
  const job = await nextLocking()
  expect(await askHeld({ ...job, epoch: job.epoch + 1 }, pointId)).toMatchObject({
    code: 'EPOCH_OUTDATED',
  })
  expect(await askHeld(job, other.pointId)).toMatchObject({ code: 'REQUEST_INVALID' })
})

test('a hold for more than a hundred years is refused: no store locks that long', async () => {
  const { api } = await site()
  const body = { on: { vmUuid: WEB }, reason: 'x', until: NOON + 36_501 * DAY }
  expect((await api.asPerson('POST', '/v1/holds', body)).json).toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringContaining('more than a hundred years'),
  })
})
