import { describe, expect, test } from 'vitest'
import { NotificationEvent } from '#core/contracts/notifications.ts'
import { WorkflowUnavailableError } from '#core/errors/workflow.ts'
import { CLOUD_SHARE } from '#core/maintenance/daily-share.ts'
import { DEFAULT_SCHEDULE, dueFor } from '#core/maintenance/schedule.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import { tendMaintenance } from '#functions/events/tend-maintenance.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { collected, maintainedSite, verified } from '#test/support/maintained-site.ts'

const HOUR = 3_600_000
const at = (text: string) => Date.parse(text)

describe('when it is due', () => {
  const vienna = { enabled: true, at: '02:30', timeZone: 'Europe/Vienna' }
  test.each([
    ['before its time', '2026-11-22T01:29:00Z', '2026-11-21', undefined],
    ['at its time', '2026-11-22T01:30:00Z', '2026-11-21', '2026-11-22'],
    ['late on the same day', '2026-11-22T20:00:00Z', '2026-11-21', '2026-11-22'],
    ['done for this day', '2026-11-22T20:00:00Z', '2026-11-22', undefined],
    ['in the hour that clocks leave out', '2026-03-29T01:00:00Z', '2026-03-28', '2026-03-29'],
    [
      'in the hour that clocks show twice, the second time',
      '2026-10-25T01:40:00Z',
      '2026-10-25',
      undefined,
    ],
    [
      'a clock that was a day ahead and is right again',
      '2026-11-22T20:00:00Z',
      '2026-11-23',
      undefined,
    ],
  ])('%s', (_, now, doneFor, day) => {
    expect(dueFor({ schedule: vienna, doneFor }, at(now))).toBe(day)
  })
  test('a time right before midnight is not missed by whoever looks each quarter of an hour', () => {
    const schedule = { enabled: true, at: '23:55', timeZone: 'UTC' }
    const due = (now: string, doneFor: string) => dueFor({ schedule, doneFor }, at(now))
    expect(due('2026-11-22T23:48:00Z', '2026-11-21')).toBe(undefined)
    expect(due('2026-11-23T00:03:00Z', '2026-11-21')).toBe('2026-11-22')
    expect(due('2026-11-23T00:18:00Z', '2026-11-22')).toBe(undefined)
    expect(due('2026-11-24T00:03:00Z', '2026-11-22')).toBe('2026-11-23')
  })
  test('never while it is off', () => {
    expect(dueFor({ schedule: { ...vienna, enabled: false } }, at('2026-11-22T20:00:00Z'))).toBe(
      undefined,
    )
  })
})

test('a new installation begins with the next day; then there is one run a day, however many look', async () => {
  const { api, next, tell, ended } = await maintainedSite()
  const look = () => tendMaintenance(api.ports)()
  expect(await look()).toMatchObject({ begun: false })
  expect(await look()).toMatchObject({ begun: false })
  api.wait(3 * HOUR) // 03:00
  const looks = await Promise.all([look(), look(), look()])
  expect(looks.filter(({ begun }) => begun)).toHaveLength(1)
  const [run] = await openRuns(api.ports.catalog)
  await tell(await next(), collected())
  await tell(await next(), verified())
  await ended(run?.runId ?? '')
  api.wait(20 * HOUR)
  expect(await look()).toMatchObject({ begun: false })
  api.wait(HOUR + 3 * HOUR)
  expect(await look()).toMatchObject({ begun: true })
})

test('in the cloud what it reads by itself is little: a gateway elsewhere pays for each byte', async () => {
  const { api } = await maintainedSite()
  const inTheCloud = {
    ...DEFAULT_SCHEDULE,
    verification: { level: 1 as const, share: CLOUD_SHARE },
  }
  const look = tendMaintenance(api.ports, inTheCloud)
  await look()
  expect((await api.asPerson('GET', '/v1/repository')).json.schedule).toMatchObject({
    at: '03:00',
    verification: { level: 1, share: CLOUD_SHARE },
  })
  await tendMaintenance(api.ports)() // what stands there is left as it is
  expect((await api.asPerson('GET', '/v1/repository')).json.schedule).toMatchObject({
    verification: { share: CLOUD_SHARE },
  })
})

test('where the workflow cannot be started just now the run is left to whoever looks after runs', async () => {
  const { api, next } = await maintainedSite()
  await tendMaintenance(api.ports)()
  api.wait(3 * HOUR)
  const start = async () => {
    throw new WorkflowUnavailableError('start the run')
  }
  const ports = { ...api.ports, workflow: { ...api.ports.workflow, start } }
  expect(await tendMaintenance(ports)()).toMatchObject({ begun: true })
  expect(await openRuns(api.ports.catalog)).toMatchObject([{ kind: 'maintenance' }])
  await tendRuns(api.ports)()
  expect((await next()).spec.kind).toBe('collect-garbage')
})

test('why it could not begin is told with the repository, and it begins as soon as it can', async () => {
  const { api, mark } = await maintainedSite()
  const look = () => tendMaintenance(api.ports)()
  await look()
  await mark(false)
  api.wait(4 * HOUR)
  expect(await look()).toMatchObject({ begun: false })
  const { json } = await api.asPerson('GET', '/v1/repository')
  expect(json.schedule).toMatchObject({
    trouble:
      'No enrolled gateway is marked for maintenance, so nothing can be removed or verified.',
  })
  api.wait(HOUR)
  expect(await look()).toMatchObject({ begun: false })
  const told = await api.ports.catalog.query<{ event: unknown }>('OUTBOX')
  expect(told.items.map(({ value }) => NotificationEvent.parse(value.event))).toEqual([
    expect.objectContaining({
      ...{ kind: 'schedule-missed', policyName: 'Maintenance of the repository', late: true },
      due: Date.UTC(2026, 10, 22, 3),
      why: expect.objectContaining({ code: 'NO_MAINTENANCE_GATEWAY' }),
    }),
  ])
  await mark(true)
  expect(await look()).toMatchObject({ begun: true })
  const after = await api.asPerson('GET', '/v1/repository')
  expect(after.json.schedule).not.toHaveProperty('trouble')
})

test('somebody changes it: a time that has passed is due tomorrow, and a zone that does not exist is refused', async () => {
  const { api } = await maintainedSite()
  const put = (body: object) => api.asPerson('PUT', '/v1/repository/schedule', body)
  api.wait(12 * HOUR)
  await put({ enabled: true, at: '11:00', timeZone: 'UTC' })
  expect(await tendMaintenance(api.ports)()).toMatchObject({ begun: false })
  await put({ enabled: true, at: '12:30', timeZone: 'UTC' })
  api.wait(HOUR)
  expect(await tendMaintenance(api.ports)()).toMatchObject({ begun: true })
  expect((await put({ enabled: true, at: '3', timeZone: 'UTC' })).json).toMatchObject({
    code: 'REQUEST_INVALID',
  })
  expect((await put({ enabled: true, at: '03:00', timeZone: 'Mars/Base' })).json).toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringContaining('there is no time zone "Mars/Base"'),
  })
})
