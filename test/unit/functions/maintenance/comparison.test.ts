import { expect, test } from 'vitest'
import type { GrantRequest } from '#core/access/grants.ts'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import { tendMaintenance } from '#functions/events/tend-maintenance.ts'
import type { Ports } from '#functions/ports.ts'
import { NOON } from '#test/support/call-api.ts'
import {
  collected,
  DAY,
  maintainedSite,
  REPOSITORY,
  verified,
} from '#test/support/maintained-site.ts'

const secondCopy = { address: 's3://copy/vms', region: 'eu-west-1' }
const GRANT = { accessKeyId: 'A', secretAccessKey: 's', sessionToken: 't', expires: NOON }

const compared = (more: object = {}): JobOutcome => ({
  status: 'replica-compared',
  report: { place: 'eu-west-1', at: NOON, points: 3, restorable: 2, lag: 90 * 60_000, ...more },
})
const failed = (code: string): JobOutcome => ({
  status: 'failed',
  problem: { code, message: 'The copy said no.', advice: 'Look.', retryable: false },
})

/** A control plane that gives sessions, and notes for what. */
const setUp = async (given: Partial<Ports> = {}) => {
  const issued: GrantRequest[] = []
  const grants: Ports['grants'] = {
    issue: async request => {
      issued.push(request)
      return GRANT
    },
    revoke: async () => {},
  }
  const site = await maintainedSite({ grants, ...given })
  const told = (body: object) =>
    site.api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/replicated-points`, {
      ...{ place: 'eu-west-1', address: secondCopy.address, at: NOON - DAY, pages: [] },
      ...body,
    })
  const replica = async () => (await site.api.asPerson('GET', '/v1/repository')).json.replica
  const compare = async (outcome: JobOutcome) => {
    const { json } = await site.start({ steps: ['compare'] })
    await site.tell(await site.next(), outcome)
    return site.ended(String(json.runId))
  }
  return { ...site, issued, told, replica, compare }
}

test('who has a second copy has it compared at the end of the daily run, after the verification', async () => {
  const site = await setUp({ secondCopy })
  await tendMaintenance(site.api.ports)()
  site.api.wait(DAY)
  // The gateway calls, so that it is one that serves.
  await site.lease()
  expect(await tendMaintenance(site.api.ports)()).toMatchObject({ begun: true })
  for (const [kind, outcome] of [
    ['collect-garbage', collected()],
    ['verify-repository', verified()],
  ] as const) {
    const job = await site.next()
    expect(job.spec.kind).toBe(kind)
    await site.tell(job, outcome)
  }
  const job = await site.next()
  expect(job.spec).toEqual({ kind: 'compare-replica' })
  const { json } = await site.api.asGateway('POST', `/v1/gateways/${site.gatewayId}/credentials`, {
    ...{ jobId: job.jobId, epoch: job.epoch },
  })
  expect(json).toMatchObject({ secondCopy, grant: GRANT })
  expect(site.issued).toMatchObject([{ purpose: 'compare', jobId: job.jobId }])
  await site.tell(job, compared())
  const [run] = (await site.api.asPerson('GET', '/v1/runs')).json.items as { runId: string }[]
  expect(await site.ended(String(run?.runId))).toMatchObject({
    state: 'succeeded',
    line: expect.stringContaining(
      '2 of 3 points could be restored from the second copy in eu-west-1 alone, at most 90 min behind.',
    ),
  })
})

test('no other job is told where the second copy is, nor gets a session for it', async () => {
  const site = await setUp({ secondCopy })
  await site.start({ steps: ['verify', 'compare'] })
  const { jobId, epoch } = await site.next()
  const path = `/v1/gateways/${site.gatewayId}/credentials`
  const replies = [
    await site.api.asGateway('POST', path, { jobId, epoch }),
    await site.api.asGateway('POST', path, {}),
  ]
  for (const { json } of replies) expect(json).not.toHaveProperty('secondCopy')
  expect(site.issued.map(({ purpose }) => purpose)).toEqual(['maintenance', 'look'])
})

test('a gateway that is not marked any more gets no session for the second copy', async () => {
  const site = await setUp({ secondCopy })
  await site.start({ steps: ['compare'] })
  const { jobId, epoch } = await site.next()
  await site.mark(false)
  const path = `/v1/gateways/${site.gatewayId}/credentials`
  const { json } = await site.api.asGateway('POST', path, { jobId, epoch })
  expect(json).toMatchObject({ code: 'EPOCH_OUTDATED' })
  expect(site.issued).toEqual([])
})

test('who has none is not told each day that there is none; who asks for just that is', async () => {
  const site = await setUp()
  await site.start()
  for (const outcome of [collected(), verified()]) await site.tell(await site.next(), outcome)
  expect(await site.lease()).toEqual([])
  const run = await site.compare(failed('REPLICA_UNKNOWN'))
  expect(run).toMatchObject({ state: 'failed', line: expect.stringContaining('said no') })
  expect(await site.replica()).toBeUndefined()
})

test('a second copy that only a gateway knows is compared each day once it was told of, until nobody knows of it any more', async () => {
  const site = await setUp()
  await site.told({ total: { points: 3, restorable: 3 } })
  await site.start({ steps: ['verify', 'compare'] })
  await site.tell(await site.next(), verified())
  const job = await site.next()
  expect(job.spec.kind).toBe('compare-replica')
  await site.tell(job, failed('REPLICA_UNKNOWN'))
  expect(await site.replica()).toBeUndefined()
})

test('a comparison that failed without a word of the gateway is told all the same, and what was seen before stays', async () => {
  const site = await setUp({ secondCopy })
  await site.told({ total: { points: 3, restorable: 3, lag: 0 } })
  expect(await site.compare(failed('GATEWAY_SILENT'))).toMatchObject({ state: 'failed' })
  expect(await site.replica()).toEqual({
    ...{ place: 'eu-west-1', address: secondCopy.address },
    compared: { points: 3, restorable: 3, lag: 0, asOf: NOON - DAY },
    trouble: { at: NOON, message: 'The copy said no.' },
  })
  // A newer comparison has the last word.
  await site.told({ at: NOON + 1, total: { points: 3, restorable: 2 } })
  expect(await site.replica()).not.toHaveProperty('trouble')
})

test('a second copy in which nothing can be opened is no success', async () => {
  const site = await setUp({ secondCopy })
  const run = await site.compare(compared({ restorable: 0, shut: 'None of the key slots.' }))
  expect(run.state).not.toBe('succeeded')
  expect(run.line).toContain('NOTHING CAN BE OPENED in the second copy in eu-west-1')
})

test('comparing asks for an operator, and not for an administrator', async () => {
  const site = await setUp({ secondCopy })
  const start = (who: string) => site.start({ steps: ['compare'] }, `Bearer ${who}`)
  expect((await start('viewer')).status).toBe(403)
  expect((await start('operator')).status).toBe(200)
})
