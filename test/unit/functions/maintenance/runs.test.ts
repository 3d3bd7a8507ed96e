import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { dailyFacts } from '#core/notifications/daily-facts.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { NOON } from '#test/support/call-api.ts'
import { poolOf } from '#test/support/fake-gateway.ts'
import {
  collected,
  DAY,
  DB,
  maintainedSite,
  REPOSITORY,
  verified,
} from '#test/support/maintained-site.ts'

test('expired points are removed, then garbage is collected, then a part is verified; the line says all of it', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ days: 30 })
  const fresh = await site.addPoint(1, { policyId })
  const old = await site.addPoint(31, { policyId })
  const older = await site.addPoint(60, { policyId })
  const manual = await site.addPoint(400)
  const lock = { mode: 'governance' as const, until: Date.UTC(2026, 11, 1), asked: 0 }
  await site.addPoint(45, { policyId, lock })

  const { json } = await site.start()
  const runId = String(json.runId)
  const removal = await site.next()
  expect(removal.spec).toMatchObject({ kind: 'remove-points' })
  expect((removal.spec.points as { pointId: string }[]).map(({ pointId }) => pointId)).toEqual([
    older.pointId,
    old.pointId,
  ])
  expect((await site.see(runId)).run.title).toBe(
    '2 points expired (1 more is locked, the first until 2026-12-01), garbage collection, verification',
  )
  // The others wait for it, whatever the state machine has dispatched already.
  expect(await site.lease()).toEqual([])
  expect(await site.ask(removal, old.pointId)).toEqual({ remove: true })
  await site.tell(removal, {
    status: 'points-removed',
    report: {
      removed: [old.pointId],
      absent: [],
      kept: [
        {
          pointId: older.pointId,
          because: 'the store locks it',
          lockedUntil: Date.UTC(2026, 10, 30),
        },
      ],
    },
  })
  expect(await site.pointIds()).not.toContain(old.pointId)
  const collection = await site.next()
  expect(collection.spec).toEqual({ kind: 'collect-garbage' })
  await site.tell(collection, collected())
  const verification = await site.next()
  expect(verification.spec).toEqual({ kind: 'verify-repository', level: 1 })
  await site.tell(verification, verified())

  const run = await site.ended(runId)
  expect(run).toMatchObject({ kind: 'maintenance', state: 'succeeded' })
  expect(run.line).toBe(
    '1 point removed, 1 kept because they are locked, the first until 2026-11-30. 1.00 GiB freed. 2 points verified, 1 of 10 packs (1.00 MiB) read in full, no damage found.',
  )
  expect(await site.pointIds()).toEqual(
    expect.arrayContaining([fresh.pointId, manual.pointId, older.pointId]),
  )
  const { json: view } = await site.api.asPerson('GET', '/v1/repository')
  expect(view).toMatchObject({
    points: { count: 4, vms: 1 },
    stored: { bytes: 5_000 },
    collection: { runId },
    verification: { runId, report: { damages: 0 } },
    gateways: [{ name: 'site A', keeper: true }],
  })
})

test('after a removal that failed nothing else is removed by the run, but it is verified all the same', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ last: 1 })
  for (const daysAgo of [1, 2]) await site.addPoint(daysAgo, { policyId })
  const { json } = await site.start()
  const removal = await site.next()
  const problem = { code: 'STORE_DENIED', message: 'It said no.', advice: 'Ask.', retryable: false }
  await site.tell(removal, { status: 'failed', problem })
  const verification = await site.next()
  expect(verification.spec.kind).toBe('verify-repository')
  await site.tell(verification, verified())
  const run = await site.ended(String(json.runId))
  expect(run.state).toBe('warning')
  expect(run.line).toContain(
    'garbage collection: skipped: Points could not be removed before, so garbage is not collected until somebody has looked',
  )
  expect(await site.pointIds()).toHaveLength(2)
})

test('a job of which only a part came over from another region keeps no gateway from its work', async () => {
  const site = await maintainedSite()
  await site.start({ steps: ['collect'] })
  const { jobId } = await site.next()
  const { catalog } = site.api.ports
  const way = await catalog.get(keys.jobOwner(jobId))
  await catalog.write([{ kind: 'delete', key: keys.jobOwner(jobId), expect: 'any' }])
  const restarted = ulid()
  expect(await site.lease(restarted)).toEqual([])
  await catalog.write([
    { kind: 'put', key: keys.jobOwner(jobId), value: way?.value, expect: 'absent' },
  ])
  expect(await site.lease(restarted)).toMatchObject([{ jobId }])
})

test('a result that is told twice, or after the catalog was lost in between, has the same end', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ last: 1 })
  const newest = await site.addPoint(1, { policyId })
  const old = await site.addPoint(2, { policyId })
  await site.start({ steps: ['retention'] })
  const removal = await site.next()
  await site.tell(removal, site.removed(old.pointId))
  // Whoever reads the repository at the same time may enter it once more.
  await site.api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/points`, { points: [old] })
  expect(await site.pointIds()).toHaveLength(2)
  expect((await site.tell(removal, site.removed(old.pointId))).status).toBe(200)
  expect(await site.pointIds()).toEqual([newest.pointId])
})

test('the newest point that is left protects a VM, and where none is left the VM is not protected', async () => {
  const site = await maintainedSite()
  const kept = await site.addPoint(9)
  const newest = await site.addPoint(1)
  const only = await site.addPoint(5, { vmUuid: DB, vmName: 'db01' })
  const remove = async (pointId: string, vmName: string, evenLast = false) => {
    const body = { reason: 'test', vmName, evenLast }
    const answer = await site.api.asPerson('DELETE', `/v1/points/${pointId}`, body)
    if (answer.status === 200) {
      const job = await site.next()
      await site.tell(job, site.removed(pointId))
      await site.ended(String(answer.json.runId))
    }
    return answer
  }
  await remove(newest.pointId, 'web01')
  const vm = await site.api.ports.catalog.get(keys.protectedVm(kept.vmUuid))
  expect(vm?.value).toMatchObject({ newest: { pointId: kept.pointId } })
  expect(await remove(only.pointId, 'db01')).toMatchObject({
    status: 409,
    json: { code: 'POINT_KEPT', message: expect.stringContaining('the last recovery point') },
  })
  await remove(only.pointId, 'db01', true)
  expect(await site.api.ports.catalog.get(keys.protectedVm(DB))).toBeUndefined()
})

test('two jobs that remove the last two points of a VM at once leave one', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ last: 1 })
  const newest = await site.addPoint(1, { policyId })
  const old = await site.addPoint(2, { policyId })
  await site.start({ steps: ['retention'] })
  const expiry = await site.next()
  const byHand = await site.api.asPerson('DELETE', `/v1/points/${newest.pointId}`, {
    ...{ reason: 'test', vmName: 'web01' },
  })
  expect(byHand.status).toBe(200)
  const deletion = await site.next()
  expect(await site.ask(expiry, old.pointId)).toEqual({ remove: true })
  const because =
    'It is the last recovery point of its VM, beside those that are being removed just now.'
  expect(await site.ask(deletion, newest.pointId)).toEqual({ remove: false, because })
  // What the other one left there counts again.
  const kept = { removed: [], absent: [], kept: [{ pointId: old.pointId, because: 'locked' }] }
  await site.tell(expiry, { status: 'points-removed', report: kept })
  expect(await site.ask(deletion, newest.pointId)).toEqual({ remove: true })
})

test('a report takes nothing out of the catalog that the job was not asked to remove', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ last: 1 })
  const newest = await site.addPoint(1, { policyId })
  const old = await site.addPoint(2, { policyId })
  await site.start({ steps: ['retention'] })
  await site.tell(await site.next(), site.removed(old.pointId, newest.pointId))
  expect(await site.pointIds()).toEqual([newest.pointId])
})

test('one run over the repository at a time: the second is refused with the name of the first', async () => {
  const site = await maintainedSite()
  const answers = await Promise.all([site.start(), site.start()])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  const refused = answers.find(({ status }) => status === 409)
  const runId = String(answers.find(({ status }) => status === 200)?.json.runId)
  expect(refused?.json).toMatchObject({
    code: 'MAINTENANCE_RUNNING',
    message: expect.stringContaining(runId),
  })
  expect(await openRuns(site.api.ports.catalog)).toHaveLength(1)
  await site.tell(await site.next(), collected())
  await site.tell(await site.next(), verified())
  await site.ended(runId)
  expect((await site.start({ steps: ['verify'] })).status).toBe(200)
})

test('points that somebody hid, or that are damaged, take no place of whole ones: those stay', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ last: 1 })
  const oldest = await site.addPoint(4, { policyId })
  const whole = await site.addPoint(3, { policyId })
  const damaged = await site.addPoint(2, { policyId })
  const hidden = await site.addPoint(1, { policyId })
  await site.start({ steps: ['verify'] })
  await site.tell(
    await site.next(),
    verified([{ message: 'The pack is damaged.', affected: [damaged.pointId] }]),
  )
  await site.api.asGateway('POST', `/v1/repositories/${REPOSITORY}/gone-points`, {
    ...{ deleted: [], vanished: [hidden.pointId], found: [] },
  })
  await site.start({ steps: ['retention'] })
  const removal = await site.next()
  expect(removal.spec.points).toMatchObject([{ pointId: oldest.pointId }])
  // Also of what is hidden only after the run was planned.
  await site.api.asGateway('POST', `/v1/repositories/${REPOSITORY}/gone-points`, {
    ...{ deleted: [], vanished: [whole.pointId], found: [] },
  })
  expect(await site.ask(removal, oldest.pointId)).toEqual({
    remove: false,
    because:
      'Policy "Nightly" keeps it by now: The newest point of a VM always stays. It is among the newest 1.',
  })
})

test('a policy that is changed while the run goes on decides about each point at the last moment', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ days: 7 })
  const points = [1, 8, 20, 50]
  const [, eight, twenty] = await Promise.all(points.map(ago => site.addPoint(ago, { policyId })))
  await site.start({ steps: ['retention'] })
  const removal = await site.next()
  expect(removal.spec.points).toHaveLength(3)
  const change = (version: number, retention: object) =>
    site.api.asPerson('PUT', `/v1/policies/${policyId}`, {
      version,
      policy: { name: 'Nightly', selection: { include: [{ all: true }] }, retention },
    })
  expect((await change(1, { days: 10 })).status).toBe(200)
  expect(await site.ask(removal, eight?.pointId ?? '')).toEqual({
    remove: false,
    because: 'Policy "Nightly" keeps it by now: It is younger than 10 days.',
  })
  expect(await site.ask(removal, twenty?.pointId ?? '')).toEqual({ remove: true })
  // Shortened: what this run did not ask for the next one takes.
  expect((await change(2, { last: 1 })).status).toBe(200)
  expect(await site.ask(removal, eight?.pointId ?? '')).toEqual({ remove: true })
})

test('a gateway that was killed finds the same job again, and asks again', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ last: 1 })
  await site.addPoint(1, { policyId })
  const old = await site.addPoint(2, { policyId })
  await site.start({ steps: ['retention'] })
  const first = await site.next()
  const again = await site.next(ulid())
  expect(again).toMatchObject({ jobId: first.jobId, epoch: 2 })
  expect(await site.ask(first, old.pointId)).toMatchObject({ code: 'EPOCH_OUTDATED' })
  expect(await site.ask(again, old.pointId)).toEqual({ remove: true })
  expect(await site.ask(again, ulid())).toMatchObject({ code: 'REMOVAL_NOT_ASKED_FOR' })
})

test('a point that is being restored from stays until the restore has ended', async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ last: 1 })
  await site.addPoint(1, { policyId })
  const old = await site.addPoint(2, { policyId })
  const { asGateway, asPerson } = site.api
  const inventory = { pools: [poolOf('web01')] }
  await asGateway('PUT', `/v1/gateways/${site.gatewayId}/inventory`, inventory)
  const restore = await asPerson('POST', '/v1/runs', { kind: 'restore', pointId: old.pointId })
  await site.start({ steps: ['retention'] })
  const removal = await site.next()
  expect(await site.ask(removal, old.pointId)).toEqual({
    remove: false,
    because: `The run ${restore.json.runId} is reading it.`,
  })
  await asPerson('POST', `/v1/runs/${restore.json.runId}/cancel`)
  await site.ended(String(restore.json.runId))
  expect(await site.ask(removal, old.pointId)).toEqual({ remove: true })
})

test('nobody but an administrator has anything removed; whoever may start runs may have it verified', async () => {
  const site = await maintainedSite()
  expect((await site.start({}, 'Bearer operator')).json).toMatchObject({
    code: 'ROLE_INSUFFICIENT',
  })
  expect((await site.start({ steps: ['verify'] }, 'Bearer viewer')).status).toBe(403)
  expect((await site.start({ steps: ['verify'] }, 'Bearer operator')).status).toBe(200)
})

test('without a gateway that may, nothing is begun; one that may not any more gets no job', async () => {
  const site = await maintainedSite()
  await site.mark(false)
  expect(await site.start()).toMatchObject({
    status: 503,
    json: { code: 'NO_MAINTENANCE_GATEWAY' },
  })
  await site.mark(true)
  await site.start()
  await site.mark(false)
  expect(await site.lease()).toEqual([])
})

test('of two gateways that may, one gets the jobs until it is silent for long', async () => {
  const site = await maintainedSite()
  await site.lease()
  const { catalog } = site.api.ports
  const other = { gatewayId: ulid(), name: 'site B', publicKey: 'x', enrolled: 1, pools: [] }
  await catalog.write([
    {
      ...{ kind: 'put', key: keys.gateway(other.gatewayId), expect: 'absent' },
      value: { ...other, maintenance: true },
    },
  ])
  const { json } = await site.start()
  const { run } = await site.see(String(json.runId))
  expect(run.line).toContain('waiting for a free slot of gateway "site A"')
  site.api.wait(2 * DAY)
  await tendRuns(site.api.ports)()
  const { json: view } = await site.api.asPerson('GET', '/v1/repository')
  expect(view.gateways).toEqual([
    { name: 'site A', keeper: false },
    { name: 'site B', keeper: false },
  ])
})

test('damage that a verification finds is told once, with the points it concerns', async () => {
  const site = await maintainedSite()
  const point = await site.addPoint(1)
  const { json } = await site.start({ steps: ['verify'] })
  const job = await site.next()
  const outcome = verified([{ message: 'The pack is damaged.', affected: [point.pointId] }])
  await site.tell(job, outcome)
  await site.tell(job, outcome)
  expect(await site.ended(String(json.runId))).toMatchObject({
    state: 'failed',
    line: expect.stringContaining('DAMAGE FOUND: 1 object is damaged, and parts of 1 point cannot'),
  })
  const outbox = await site.api.ports.catalog.query<{ event: { kind: string } }>(keys.outbox('').pk)
  const told = outbox.items.map(({ value }) => value.event)
  expect(told.filter(({ kind }) => kind === 'damage-found')).toEqual([
    expect.objectContaining({
      ...{ total: 1, pointsTotal: 1 },
      points: [expect.objectContaining({ name: 'web01' })],
    }),
  ])
})

test('of each point it is told whether it was read back lately, until a later verification tells better', async () => {
  const site = await maintainedSite()
  const [overdue, whole, young] = [
    await site.addPoint(60),
    await site.addPoint(50),
    await site.addPoint(2),
  ]
  const list = async () =>
    ((await site.api.asPerson('GET', '/v1/points')).json.items as ListedPoint[]).map(
      ({ pointId, readBack }) => [pointId, readBack?.state, readBack?.text],
    )
  expect((await list()).map(([, state]) => state)).toEqual([undefined, undefined, undefined])
  const told = verified()
  if (told.status !== 'verified') throw new Error('It is one.')
  const readBack = { days: 30, whole: 1, overdue: 1, named: [overdue.pointId] }
  await site.start({ steps: ['verify'] })
  await site.tell(await site.next(), { ...told, report: { ...told.report, readBack } })
  expect(await list()).toEqual([
    [young.pointId, 'not-due', 'younger than 30 days, to be read back by 2026-12-20'],
    [
      whole.pointId,
      'whole',
      'all of it was read back, or written anew, within 30 days, as of 2026-11-22',
    ],
    [
      overdue.pointId,
      'overdue',
      'OVERDUE: not all of it was read back in 30 days, as of 2026-11-22',
    ],
  ])
  // One that does not tell (level 0, an older gateway) leaves what is known.
  site.api.wait(1_000)
  await site.start({ steps: ['verify'] })
  await site.tell(await site.next(), verified([], NOON + 1_000))
  const { json } = await site.api.asPerson('GET', '/v1/repository')
  expect(json).toMatchObject({
    verification: { report: { at: NOON + 1_000 } },
    readBack: { at: NOON, days: 30, whole: 1, overdue: 1 },
  })
  const { catalog } = site.api.ports
  const span = { from: NOON - DAY, until: NOON, timeZone: 'UTC', silentMs: 60_000 }
  expect((await dailyFacts(catalog, span)).verification).toMatchObject({
    ...{ damages: 0, overdue: true, points: { days: 30, whole: 1, overdue: 1 } },
  })
})
