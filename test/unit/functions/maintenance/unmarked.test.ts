import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import { maintainedSite } from '#test/support/maintained-site.ts'

const setUp = async () => {
  const site = await maintainedSite()
  const policyId = await site.addPolicy({ days: 30 })
  const point = await site.addPoint(60, { policyId })
  await site.addPoint(1, { policyId })
  await site.start()
  const job = await site.next()
  expect(job.spec.kind).toBe('remove-points')
  const { jobId, epoch } = job
  const credentials = () =>
    site.api.asGateway('POST', `/v1/gateways/${site.gatewayId}/credentials`, { jobId, epoch })
  expect((await credentials()).status).toBe(200)
  return { ...site, job, point, credentials }
}

test('a gateway that may not maintain any more loses the job that it holds: it gets no credentials for it and no leave to remove', async () => {
  const { api, mark, job, point, credentials, ask, next } = await setUp()
  await mark(false)
  expect(await credentials()).toMatchObject({ status: 409, json: { code: 'EPOCH_OUTDATED' } })
  expect(await ask(job, point.pointId)).toMatchObject({ code: 'EPOCH_OUTDATED' })
  const done = { bytesTotal: 0, bytesDone: 0, bytesRead: 0, bytesStored: 0 }
  const beat = { epoch: job.epoch, progress: { phase: 'removing', ...done } }
  const path = `/v1/jobs/${job.jobId}/heartbeat`
  expect((await api.asGateway('POST', path, beat)).json).toMatchObject({ code: 'EPOCH_OUTDATED' })

  // Whoever may, gets it, at once.
  await mark(true)
  expect(await next(ulid())).toMatchObject({ jobId: job.jobId, epoch: job.epoch + 1 })
})

test('a job that was leased while the mark was taken away is good for nothing either', async () => {
  const { api, gatewayId, job, point, credentials, ask } = await setUp()
  const key = keys.gateway(gatewayId)
  const found = await api.ports.catalog.get<Gateway>(key)
  const value = { ...found?.value, maintenance: undefined }
  await api.ports.catalog.write([{ kind: 'put', key, value, expect: 'any' }])
  expect(await credentials()).toMatchObject({ status: 409, json: { code: 'EPOCH_OUTDATED' } })
  expect(await ask(job, point.pointId)).toMatchObject({ code: 'EPOCH_OUTDATED' })
})
