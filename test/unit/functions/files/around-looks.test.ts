import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { FilesReport } from '#core/contracts/guest-files.ts'
import { filesLine } from '#core/files/files-line.ts'
import { approvalAsked } from '#core/notifications/text/of-others.ts'
import { isRepeatable } from '#core/region/repeatable.ts'
import { ANSWER_KEY } from '#test/support/answer-key.ts'
import { lookAtFiles } from '#test/support/look-at-files.ts'

const SHADOW = { what: 'download', volume: '0p1', path: '/etc/shadow' }
const REPORT: FilesReport = {
  ...{ questions: 3, listed: 2, downloaded: 1, bytes: 1_200, ended: 'idle' },
  downloads: [{ volume: '0p1', path: '/etc/shadow', bytes: 1_200 }],
}

/** A look that has downloaded one file and ended. */
const ended = async () => {
  const site = await lookAtFiles()
  const runId = String((await site.start()).json.runId)
  await expect.poll(async () => (await site.lease()).length).toBe(1)
  const jobId = String((await site.run(runId)).jobs[0]?.jobId)
  const questionId = String((await site.ask('olga', runId, SHADOW)).json.questionId)
  await site.next(jobId)
  await site.part(jobId, questionId, 0, 1_300)
  await site.tell(jobId, { questionId, done: { parts: 1 } })
  const left = String((await site.ask('olga', runId, SHADOW)).json.questionId)
  const outcome = { status: 'files-read', report: REPORT }
  await site.api.asGateway('POST', `/v1/jobs/${jobId}/result`, { epoch: 1, outcome })
  await expect.poll(async () => (await site.run(runId)).run.state).toBe('succeeded')
  return { ...site, runId, jobId, questionId, left }
}

test('who downloaded what, when it began and when it ended stands in the audit records', async () => {
  const { records, runId, questionId, left } = await ended()
  expect((await records('startRun')).map(({ who, outcome }) => [who, outcome])).toEqual([
    ['olga', 'asked'],
    ['olga', 'done'],
  ])
  const detail = expect.stringContaining('volume "0p1"; path "/etc/shadow"; files of "web01"')
  expect(await records('downloadFile')).toMatchObject([
    { who: 'olga', role: 'operator', outcome: 'asked', target: `${runId} ${questionId}`, detail },
    { who: 'olga', source: 'system', outcome: 'done', of: expect.any(Number), detail },
    { who: 'olga', outcome: 'asked', target: `${runId} ${left}` },
    { who: 'olga', outcome: 'failed', code: 'FILES_LOOK_CLOSED' },
  ])
  expect(await records('lookEnded')).toMatchObject([
    {
      ...{ who: 'olga', source: 'system', outcome: 'done', target: runId },
      detail: expect.stringContaining('listed 2 folders, made 1 download (1.17 KiB)'),
    },
  ])
  // Looking at folders is part of the look, and leaves no record of its own.
  expect(await records('askFiles')).toEqual([])
})

test('whoever may not ask in a look, or not in this one, leaves a record of what he wanted', async () => {
  const { records, ask, as, runId } = await ended()
  const questionId = '01J0000000000000000000000Q'
  expect((await ask('vera', runId, SHADOW)).json.code).toBe('ROLE_INSUFFICIENT')
  expect((await ask('otto', runId, SHADOW)).json.code).toBe('FILES_LOOK_FOREIGN')
  await as('otto', 'DELETE', `/v1/runs/${runId}/questions/${questionId}`)
  const detail = 'what: "download"; volume: "0p1"; path: "/etc/shadow"'
  const refused = { outcome: 'refused', target: runId, detail }
  expect(await records('askFiles')).toMatchObject([
    { ...refused, who: 'vera', role: 'viewer', code: 'ROLE_INSUFFICIENT' },
    { ...refused, who: 'otto', role: 'operator', code: 'FILES_LOOK_FOREIGN' },
  ])
  expect(await records('withdrawQuestion')).toMatchObject([
    { who: 'otto', outcome: 'refused', target: `${runId} ${questionId}` },
  ])
})

test('a look tells in words what came of it, and is not counted among backups nor told of', async () => {
  const { run, runId, as, api } = await ended()
  expect((await run(runId)).run).toMatchObject({
    kind: 'files',
    title: expect.stringMatching(/^files of "web01" as of \d{4}-\d\d-\d\d \d\d:\d\d UTC$/),
    line: 'listed 2 folders, made 1 download (1.17 KiB); it ended because nothing was asked for five minutes',
  })
  const overview = (await as('anna', 'GET', '/v1/overview')).json as { runs: object }
  expect(overview.runs).toMatchObject({ succeeded: 0, running: 0 })
  expect((await as('anna', 'GET', '/v1/statistics')).json.days).toEqual([])
  for (const { pk } of [keys.outbox(''), keys.notice(''), keys.series('')])
    expect((await api.ports.catalog.query(pk)).items).toEqual([])
})

test('what was downloaded is named to whoever looked and to administrators, and to nobody else', async () => {
  const { as, runId } = await ended()
  const shown = async (who: string) => {
    const { json } = await as(who, 'GET', `/v1/runs/${runId}`)
    const lists = (await as(who, 'GET', '/v1/runs')).json
    expect(JSON.stringify([json.run, lists])).not.toContain('shadow')
    const [job] = json.jobs as { line: string; outcome: { report: FilesReport } }[]
    expect(job?.line).not.toContain('shadow')
    expect(job?.outcome.report).toMatchObject({ downloaded: 1, bytes: 1_200 })
    return job?.outcome.report.downloads
  }
  for (const who of ['olga', 'anna'])
    expect([who, await shown(who)]).toEqual([who, REPORT.downloads])
  for (const who of ['otto', 'vera']) expect([who, await shown(who)]).toEqual([who, []])
})

test('what a look came to, in words', () => {
  expect(filesLine(REPORT)).toBe(
    'listed 2 folders, downloaded /etc/shadow of 0p1 (1.17 KiB); it ended because nothing was asked for five minutes',
  )
  const nothing = { ...REPORT, questions: 0, listed: 0, downloads: [], downloaded: 0, bytes: 0 }
  expect(filesLine({ ...nothing, ended: 'asked' })).toBe(
    'looked at no files: it was ended when the page was left, or by hand',
  )
  expect(filesLine({ ...nothing, questions: 1, listed: 1, ended: 'time' })).toBe(
    'listed 1 folder, downloaded nothing; it ended because its hour was over',
  )
  const long = { volume: '0', path: `/\u202e\n${'x'.repeat(4_000)}`, bytes: 1 }
  const line = filesLine({ ...REPORT, downloads: Array(100).fill(long), downloaded: 4_000 })
  expect(line).toContain('3995 more')
  expect(line).not.toMatch(/\p{C}/u)
  expect(line.length).toBeLessThan(1_000)
})

test('where a second person agrees to each restore, one agrees to each look', async () => {
  const site = await lookAtFiles({ restoreApproval: 'other-person' })
  const { as, start, ask, run, lease } = site
  const runId = String((await start()).json.runId)
  expect((await run(runId)).run).toMatchObject({
    state: 'waiting',
    line: expect.stringContaining('it shows files of a guest'),
  })
  expect((await ask('olga', runId, SHADOW)).json.code).toBe('FILES_LOOK_CLOSED')
  expect(await lease()).toEqual([])
  const [asked] = (await site.api.ports.catalog.query<{ event: never }>('OUTBOX')).items
  const { subject, advice } = approvalAsked(asked?.value.event as never, { timeZone: 'UTC' })
  expect(subject).toMatch(/^A look at files waits for approval: files of "web01" as of /)
  expect(advice?.join()).toContain('Until then nothing is shown.')
  const { problems } = (await as('anna', 'GET', '/v1/overview')).json as {
    problems: { text: string }[]
  }
  expect(problems.map(({ text }) => text).join()).toContain('A look at files waits until somebody')
  expect((await as('olga', 'POST', `/v1/runs/${runId}/approve`)).json.code).toBe('APPROVAL_REFUSED')
  expect((await as('otto', 'POST', `/v1/runs/${runId}/approve`)).status).toBe(200)
  await expect.poll(async () => (await lease()).length).toBe(1)
  expect((await ask('olga', runId, SHADOW)).status).toBe(200)
})

test('a look waits behind no backup and no verification, and takes no place of theirs', async () => {
  const { as, start, lease } = await lookAtFiles()
  await as('anna', 'POST', '/v1/runs', { kind: 'maintenance', steps: ['verify'] })
  await as('anna', 'POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })
  await start()
  await start('otto')
  const holding: string[] = []
  const kinds = async (more: object) => {
    const jobs = await lease({ ...more, holding })
    holding.push(...jobs.map(({ jobId }) => jobId))
    return jobs.map(({ spec }) => spec.kind)
  }
  await expect.poll(() => kinds({ freeSlots: 0, freeLooks: 1 })).toEqual(['read-files'])
  // A gateway of before tells of no looks: one takes a slot of its own.
  expect(await kinds({ freeSlots: 2 })).toEqual(['read-files', 'backup-vm'])
  expect(await kinds({ freeSlots: 2, freeLooks: 1 })).toEqual(['verify-repository'])
})

test('a gateway that is not marked for maintenance gets no look, and loses those it has with the mark', async () => {
  const { as, start, lease, api, run, next } = await lookAtFiles()
  const runId = String((await start()).json.runId)
  await expect.poll(async () => (await lease()).length).toBe(1)
  const jobId = String((await run(runId)).jobs[0]?.jobId)
  await as('anna', 'PUT', `/v1/gateways/${api.gateway.gatewayId}`, { maintenance: false })
  expect((await next(jobId)).json.code).toBe('EPOCH_OUTDATED')
  expect((await run(runId)).jobs[0]?.state).toBe('queued')
  expect(await lease()).toEqual([])
  expect((await start('otto')).json.code).toBe('NO_MAINTENANCE_GATEWAY')
})

test('its credentials read, and nothing besides', async () => {
  const asked: unknown[] = []
  const issue = async (request: unknown) => void asked.push(request)
  const site = await lookAtFiles({
    grants: { issue: issue as never, revoke: async () => {} },
  })
  await site.start()
  await expect.poll(async () => (await site.lease()).length).toBe(1)
  const [open] = (await site.api.ports.catalog.query('OPEN#files')).items
  const { gatewayId } = site.api.gateway
  const body = { jobId: open?.sk, epoch: 1 }
  await site.api.asGateway('POST', `/v1/gateways/${gatewayId}/credentials`, body)
  expect(asked).toMatchObject([{ purpose: 'restore' }])
})

test('a point is not removed while somebody looks into it', async () => {
  const { as, start, pointId, addPoint } = await lookAtFiles()
  await addPoint()
  await start()
  const body = { reason: 'no more room', vmName: 'web01' }
  expect((await as('anna', 'DELETE', `/v1/points/${pointId}`, body)).json).toMatchObject({
    ...{ code: 'POINT_KEPT', message: expect.stringContaining('is reading it') },
  })
})

test('a look is neither tried again nor repeated in another region', async () => {
  const { as, runId, pointId } = await ended()
  expect((await as('olga', 'POST', `/v1/runs/${runId}/retry`)).json.code).toBe('RETRY_REFUSED')
  const vm = { vmUuid: '00000000-0000-0000-0000-000000000001', vmName: 'web01' }
  expect(isRepeatable({ kind: 'read-files', pointId, ...vm, publicKey: ANSWER_KEY })).toBe(false)
})
