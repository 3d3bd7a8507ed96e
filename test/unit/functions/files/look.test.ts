import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { LOOK_LIMITS } from '#core/contracts/guest-files.ts'
import { endFiles } from '#functions/files/end-files.ts'
import { ANSWER_KEY, SEAL } from '#test/support/answer-key.ts'
import { lookAtFiles } from '#test/support/look-at-files.ts'

const LIST = { what: 'list', volume: '0p1', path: '/etc' }
const SHADOW = { what: 'download', volume: '0p1', path: '/etc/shadow' }

/** A look that a gateway has taken up. */
const setUp = async (given: Parameters<typeof lookAtFiles>[0] = {}) => {
  const site = await lookAtFiles(given)
  const { json } = await site.start()
  const runId = String(json.runId)
  await expect.poll(async () => (await site.lease({ freeLooks: 2 })).length).toBe(1)
  const [job] = (await site.run(runId)).jobs
  return { ...site, runId, jobId: String(job?.jobId) }
}

const asked = async ({ ask, runId }: Awaited<ReturnType<typeof setUp>>, question: unknown = LIST) =>
  String((await ask('olga', runId, question)).json.questionId)

test('a question is asked, answered part by part, and read while it is being answered', async () => {
  const site = await setUp()
  const { runId, jobId, next, part, tell, see, transit } = site
  expect((await next(jobId)).json).toEqual({})
  const questionId = await asked(site)
  expect((await see('olga', runId, questionId)).answer).toEqual({
    ...{ questionId, state: 'waiting', parts: [], partsSoFar: 0, bytesSoFar: 0 },
  })
  expect((await next(jobId)).json).toEqual({ question: { questionId, ask: LIST } })

  const put = async (number: number, bytes: Uint8Array) => {
    const { json } = await part(jobId, questionId, number, bytes.length)
    await transit.put(String(json.url), bytes)
  }
  await put(0, Buffer.from('head'))
  // That it is stored is known when the next one is asked for.
  expect((await see('olga', runId, questionId)).answer).toMatchObject({
    ...{ state: 'answering', parts: [], bytesSoFar: 0 },
  })
  await put(1, Buffer.from('body of it'))
  const halfway = (await see('olga', runId, questionId)).answer
  expect(halfway).toMatchObject({ state: 'answering', seal: SEAL, partsSoFar: 1, bytesSoFar: 4 })
  expect(Buffer.from(await transit.get(halfway.parts[0]?.url ?? '')).toString()).toBe('head')

  expect((await tell(jobId, { questionId, done: { parts: 2 } })).json).toEqual({})
  const whole = (await see('olga', runId, questionId, 1)).answer
  expect(whole).toMatchObject({
    ...{ state: 'answered', partsSoFar: 2, bytesSoFar: 14 },
    parts: [{ number: 1, bytes: 10 }],
  })
  expect(transit.keys()).toEqual([0, 1].map(n => `transit/${runId}/${questionId}/${n}`))
  expect((await next(jobId)).json).toEqual({})
})

test('what is told twice changes nothing, and what got lost on its way is given again', async () => {
  const site = await setUp()
  const { runId, jobId, next, part, tell, see } = site
  const first = await asked(site)
  const second = await asked(site, SHADOW)
  expect((await next(jobId)).json).toMatchObject({ question: { questionId: first } })
  expect((await next(jobId)).json).toMatchObject({ question: { questionId: first } })
  expect((await next(jobId, 1, [first])).json).toMatchObject({ question: { questionId: second } })
  expect((await next(jobId, 1, [first, second])).json).toEqual({})

  const urls = [await part(jobId, first, 0, 5), await part(jobId, first, 0, 5)]
  expect(urls.map(({ status }) => status)).toEqual([200, 200])
  const done = { questionId: first, done: { parts: 1 } }
  expect([await tell(jobId, done), await tell(jobId, done)].map(({ json }) => json)).toEqual([
    {},
    {},
  ])
  expect((await see('olga', runId, first)).answer).toMatchObject({
    ...{ state: 'answered', partsSoFar: 1, bytesSoFar: 5 },
  })
})

test.each([
  ['part 2 does not follow part -1', { part: { number: 2, bytes: 5 }, seal: SEAL }, 0],
  ['part 0 had another size before', { part: { number: 0, bytes: 6 }, seal: SEAL }, 1],
  ['part 0 does not follow part 1', { part: { number: 0, bytes: 5 }, seal: SEAL }, 2],
  [
    'its parts are sealed with different keys',
    { part: { number: 1, bytes: 5 }, seal: { ...SEAL, salt: 'A'.repeat(43) } },
    1,
  ],
  ['2 parts were asked for', { done: { parts: 3 } }, 2],
])('of a gateway that errs: %s', async (why, told, before) => {
  const site = await setUp()
  const { jobId, next, part, tell } = site
  const questionId = await asked(site)
  await next(jobId)
  for (let number = 0; number < before; number++) await part(jobId, questionId, number, 5)
  expect(await tell(jobId, { questionId, ...told })).toMatchObject({
    status: 400,
    json: { code: 'FILES_ANSWER_UNFIT', message: expect.stringContaining(why) },
  })
})

test('nobody answers what was not given to him', async () => {
  const site = await setUp()
  const { jobId, part, tell } = site
  const questionId = await asked(site)
  const answers = [
    await part(jobId, questionId, 0, 5),
    await tell(jobId, { questionId, done: { parts: 1 } }),
  ]
  for (const { status, json } of answers)
    expect([status, json.code]).toEqual([400, 'FILES_ANSWER_UNFIT'])
  expect(await part(jobId, '01J0000000000000000000000Q', 0, 5)).toMatchObject({
    ...{ status: 404, json: { code: 'QUESTION_NOT_FOUND' } },
  })
  expect(await part(jobId, questionId, 0, 5, { epoch: 2 })).toMatchObject({
    ...{ status: 409, json: { code: 'EPOCH_OUTDATED' } },
  })
  expect((await site.next(jobId, 2)).json).toMatchObject({ code: 'EPOCH_OUTDATED' })
})

test('a problem is told to whoever asked', async () => {
  const site = await setUp()
  const { runId, jobId, next, tell, see } = site
  const questionId = await asked(site)
  await next(jobId)
  const problem = { code: 'FILE_NOT_FOUND', message: 'No.', advice: 'Look.', retryable: false }
  expect((await tell(jobId, { questionId, problem })).json).toEqual({})
  expect((await see('olga', runId, questionId)).answer).toMatchObject({ state: 'failed', problem })
})

test('a question that is taken back is told to the gateway, which sends no more', async () => {
  const site = await setUp()
  const { as, runId, jobId, next, part, tell, see } = site
  const questionId = await asked(site, SHADOW)
  await next(jobId)
  await part(jobId, questionId, 0, 5)
  const path = `/v1/runs/${runId}/questions/${questionId}`
  expect((await as('olga', 'DELETE', path)).json).toEqual({ questionId })
  expect((await as('olga', 'DELETE', path)).json).toEqual({ questionId })
  expect((await next(jobId, 1, [questionId])).json).toEqual({ withdrawn: [questionId] })
  expect((await part(jobId, questionId, 1, 5)).json).toEqual({ withdrawn: true })
  expect((await tell(jobId, { questionId, done: { parts: 2 } })).json).toEqual({ withdrawn: true })
  expect((await see('olga', runId, questionId)).answer).toMatchObject({
    ...{ state: 'failed', problem: { code: 'FILES_QUESTION_WITHDRAWN' } },
  })
})

test('when the gateway is lost, what it was answering has failed, and what waits goes to the next', async () => {
  const site = await setUp()
  const { runId, jobId, next, part, see, wait, lease } = site
  const lost = await asked(site, SHADOW)
  const waiting = await asked(site)
  await next(jobId)
  await part(jobId, lost, 0, 5)
  wait(6 * 60_000)
  expect((await see('olga', runId, lost)).answer).toMatchObject({
    ...{ state: 'failed', problem: { code: 'FILES_ANSWER_LOST', retryable: true } },
  })
  expect((await see('olga', runId, waiting)).answer.state).toBe('waiting')
  const [again] = await lease({ freeLooks: 2 })
  expect(again).toMatchObject({ jobId, epoch: 2 })
  expect((await next(jobId, 2)).json).toMatchObject({ question: { questionId: waiting } })
  expect((await site.records('downloadFile')).at(-1)).toMatchObject({
    ...{ outcome: 'failed', code: 'FILES_ANSWER_LOST', who: 'olga' },
  })
})

test('only who began a look asks in it and reads its answers', async () => {
  const site = await setUp()
  const { ask, see, as, runId } = site
  const questionId = await asked(site)
  const path = `/v1/runs/${runId}/questions/${questionId}`
  for (const who of ['otto', 'anna']) {
    const answers = [
      await ask(who, runId, LIST),
      await see(who, runId, questionId),
      await as(who, 'DELETE', path),
    ]
    for (const { status, json } of answers)
      expect([status, json.code]).toEqual([403, 'FILES_LOOK_FOREIGN'])
  }
  expect((await ask('vera', runId, LIST)).json.code).toBe('ROLE_INSUFFICIENT')
})

test.each([
  ['volume', { volume: 'a\0b', path: '/' }],
  ['volume', { volume: '', path: '/' }],
  ['path', { volume: '0', path: '/a/../b' }],
  ['path', { volume: '0', path: '/..' }],
  ['path', { volume: '0', path: 'etc' }],
  ['path', { volume: '0', path: '/a\0' }],
  ['path', { volume: '0', path: '/\ud800' }],
  ['path', { volume: '0', path: `/${'ä'.repeat(2_048)}` }],
])('a %s that is none is refused: %j', async (member, place) => {
  const { ask, runId } = await setUp()
  expect(await ask('olga', runId, { what: 'list', ...place })).toMatchObject({
    status: 400,
    json: { code: 'REQUEST_INVALID', message: expect.stringContaining(`body.${member}`) },
  })
})

test('a look takes so many questions at once, and no more in all', async () => {
  const site = await setUp()
  const { ask, runId, api } = site
  for (let count = 0; count < LOOK_LIMITS.openQuestions; count++) await asked(site)
  expect((await ask('olga', runId, LIST)).json).toMatchObject({
    ...{ code: 'FILES_LIMIT', retryable: true, message: expect.stringContaining('at once') },
  })
  const key = { pk: 'LOOKS', sk: runId }
  const item = await api.ports.catalog.get<object>(key)
  const value = { ...item?.value, open: [], questions: LOOK_LIMITS.questions }
  await api.ports.catalog.write([{ kind: 'put', key, value, expect: 'any' }])
  expect((await ask('olga', runId, LIST)).json).toMatchObject({
    ...{ code: 'FILES_LIMIT', retryable: false, message: expect.stringContaining('in all') },
  })
})

test('nothing is asked in a run of another kind, or in a look that has ended', async () => {
  const site = await setUp()
  const { as, ask, see, runId, jobId, api } = site
  const backup = await as('olga', 'POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })
  expect((await ask('olga', String(backup.json.runId), LIST)).json.code).toBe('FILES_NO_LOOK')
  const questionId = await asked(site)
  const outcome = {
    status: 'failed',
    problem: { code: 'FILE_BROWSING_OFF', message: 'Off.', advice: 'On.', retryable: false },
  }
  await api.asGateway('POST', `/v1/jobs/${jobId}/result`, { epoch: 1, outcome })
  expect((await see('olga', runId, questionId)).answer).toMatchObject({ state: 'failed' })
  await expect.poll(async () => (await site.run(runId)).run.state).toBe('failed')
  expect((await see('olga', runId, questionId)).answer.state).toBe('failed')
  expect((await ask('olga', runId, LIST)).json.code).toBe('FILES_LOOK_CLOSED')
})

test('a second look of the same person at the same point ends the first; looks of others go on', async () => {
  const site = await setUp()
  const { start, run, addPoint, runId } = site
  const others = [await start('otto'), await start('olga', await addPoint())]
  const again = await start()
  expect((await run(runId)).jobs[0]).toMatchObject({ state: 'leased', line: /^stopping/ as never })
  for (const { json } of [...others, again])
    expect((await run(String(json.runId))).run.state).toBe('running')
})

test('a look that is refused ends no other', async () => {
  const site = await setUp()
  const { as, api, start, run, runId } = site
  await as('anna', 'PUT', `/v1/gateways/${api.gateway.gatewayId}`, { maintenance: false })
  expect((await start()).json.code).toBe('NO_MAINTENANCE_GATEWAY')
  expect((await run(runId)).jobs[0]).toMatchObject({ state: 'queued' })
})

test('a look that has ended is forgotten a day later, when another begins', async () => {
  const site = await setUp()
  await asked(site)
  site.wait(25 * 60 * 60_000)
  await site.start('otto')
  expect((await site.api.ports.catalog.query(`QUESTIONS#${site.runId}`)).items).toHaveLength(1)
  await site.as('olga', 'POST', `/v1/runs/${site.runId}/cancel`)
  await expect.poll(async () => (await site.run(site.runId)).run.state).toBe('cancelled')
  await site.start('anna')
  const { items } = await site.api.ports.catalog.query(`QUESTIONS#${site.runId}`)
  expect(items).toEqual([])
  expect(await site.api.ports.catalog.get({ pk: 'LOOKS', sk: site.runId })).toBeUndefined()
  expect((await site.api.ports.catalog.query('LOOKOF')).items).toHaveLength(2)
  expect((await site.run(site.runId)).run.kind).toBe('files')
})

test('what was asked in the last look of all is forgotten by the maintenance of a later day', async () => {
  const site = await setUp()
  const { as, api, runId, jobId, tell } = site
  await asked(site, SHADOW)
  await as('olga', 'POST', `/v1/runs/${runId}/cancel`)
  const outcome = { status: 'cancelled' }
  await api.asGateway('POST', `/v1/jobs/${jobId}/result`, { epoch: 1, outcome })
  await expect.poll(async () => (await site.run(runId)).run.state).toBe('cancelled')
  expect((await tell(jobId, { questionId: runId, done: { parts: 1 } })).json.code).toBe(
    'EPOCH_OUTDATED',
  )
  const kept = async () => [
    ...(await api.ports.catalog.query(`QUESTIONS#${runId}`)).items,
    ...(await api.ports.catalog.query('LOOKS')).items,
    ...(await api.ports.catalog.query('LOOKOF')).items,
  ]
  const maintain = async () => {
    const { json } = await as('anna', 'POST', '/v1/runs', {
      kind: 'maintenance',
      steps: ['verify'],
    })
    const id = String(json.runId)
    await as('anna', 'POST', `/v1/runs/${id}/cancel`)
    await expect.poll(async () => (await site.run(id)).run.state).toBe('cancelled')
  }
  await maintain()
  expect(await kept()).toHaveLength(3)
  site.wait(25 * 60 * 60_000)
  await maintain()
  expect(await kept()).toEqual([])
})

test('once its job is over nothing is asked any more, and no download is left without its second record', async () => {
  const site = await setUp()
  const { ask, runId, api, records } = site
  await asked(site, SHADOW)
  await endFiles(api.ports, runId)
  expect((await site.run(runId)).run.state).toBe('running')
  expect((await ask('olga', runId, SHADOW)).json.code).toBe('FILES_LOOK_CLOSED')
  const ends = (await records('downloadFile')).map(({ outcome, code }) => [outcome, code])
  const over = 'FILES_LOOK_CLOSED'
  expect(ends).toEqual([
    ['asked', undefined],
    ['failed', over],
    ['asked', undefined],
    ['refused', over],
  ])
})

test('a look begins although the former cannot be told to stop', async () => {
  const site = await setUp()
  const { api, start, run, runId } = site
  const { write } = api.ports.catalog
  const former = keys.run(runId)
  api.ports.catalog.write = async writes => {
    if (writes.some(({ key }) => key.pk === former.pk && key.sk === former.sk))
      throw new Error('the catalog is away')
    await write.call(api.ports.catalog, writes)
  }
  const begun = await start().finally(() => {
    api.ports.catalog.write = write
  })
  expect(begun.status).toBe(200)
  expect((await run(String(begun.json.runId))).run.state).toBe('running')
})

test('a point without disks has no files', async () => {
  const { start, addPoint } = await lookAtFiles()
  expect((await start('olga', await addPoint({ kind: 'pool-metadata' }))).json).toMatchObject({
    code: 'POINT_OF_OTHER_KIND',
  })
  expect((await start('vera')).json.code).toBe('ROLE_INSUFFICIENT')
})

test('a key that is no point of P-256 is refused', async () => {
  const { as, pointId } = await lookAtFiles()
  for (const publicKey of [ANSWER_KEY.slice(1), `C${ANSWER_KEY.slice(1)}`, ''])
    expect(
      (await as('olga', 'POST', '/v1/runs', { kind: 'files', pointId, publicKey })).json.code,
    ).toBe('REQUEST_INVALID')
})
