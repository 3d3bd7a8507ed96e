import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { type Answer, answer, refuse, serve, storeAt } from '#test/support/answering-s3.ts'

const UNTIL = Date.parse('2026-12-23T00:00:00Z')
const retentionOf = (until: string, mode = 'GOVERNANCE') =>
  answer(`<Retention><Mode>${mode}</Mode><RetainUntilDate>${until}</RetainUntilDate></Retention>`)

/** Answers by method and query: `GET retention`, `PUT retention`, `DELETE`, `GET versions` … */
const setUp = async (answers: { [call: string]: Answer | Answer[] }) => {
  const requests: { call: string; request: IncomingMessage; body: string }[] = []
  const endpoint = await serve((request, response, body) => {
    const query = new URL(request.url ?? '', 'http://s3').searchParams
    const known = ['retention', 'object-lock', 'versioning', 'versions']
    const call = [request.method, ...known.filter(word => query.has(word))].join(' ')
    requests.push({ call, request, body: body.toString() })
    const found = answers[call]
    const next = Array.isArray(found) ? found.shift() : found
    if (!next) throw new Error(`nobody expected ${call}`)
    next(request, response, body)
  })
  return { store: storeAt(endpoint), requests, calls: () => requests.map(({ call }) => call) }
}

test('a lock is set once, with its end, and no request ever asks to bypass', async () => {
  const { store, requests } = await setUp({
    'GET retention': refuse(404, 'NoSuchObjectLockConfiguration'),
    'PUT retention': answer(''),
  })
  await store.retain('packs/1', UNTIL - 500, 'compliance')
  expect(requests.map(({ call }) => call)).toEqual(['GET retention', 'PUT retention'])
  expect(requests[1]?.body).toContain('<Mode>COMPLIANCE</Mode>')
  expect(requests[1]?.body).toContain('<RetainUntilDate>2026-12-23T00:00:00Z</RetainUntilDate>')
  for (const { request } of requests)
    expect(Object.keys(request.headers).join()).not.toContain('bypass')
})

test('a lock that is long enough is left alone', async () => {
  const { store, calls } = await setUp({ 'GET retention': retentionOf('2026-12-24T00:00:00Z') })
  await store.retain('a', UNTIL, 'governance')
  expect(calls()).toEqual(['GET retention'])
})

test('a longer end stays when only the mode is too weak, and compliance when only the end is too early', async () => {
  const { store, requests } = await setUp({
    'GET retention': [
      retentionOf('2027-12-24T00:00:00Z'),
      retentionOf('2026-01-01T00:00:00Z', 'COMPLIANCE'),
    ],
    'PUT retention': answer(''),
  })
  await store.retain('a', UNTIL, 'compliance')
  expect(requests[1]?.body).toContain('2027-12-24T00:00:00Z')
  await store.retain('a', UNTIL, 'governance')
  expect(requests[3]?.body).toContain('<Mode>COMPLIANCE</Mode>')
})

test('who comes second is refused by the store, and content when the first one locked longer', async () => {
  const { store } = await setUp({
    'GET retention': [
      refuse(404, 'NoSuchObjectLockConfiguration'),
      retentionOf('2027-01-02T00:00:00Z'),
    ],
    'PUT retention': refuse(403, 'AccessDenied'),
  })
  await store.retain('a', UNTIL, 'governance')
})

test('missing rights to lock are told as such', async () => {
  const { store } = await setUp({
    'GET retention': refuse(404, 'NoSuchObjectLockConfiguration'),
    'PUT retention': refuse(403, 'AccessDenied'),
  })
  await expect(store.retain('a', UNTIL, 'governance')).rejects.toMatchObject({
    code: 'STORE_DENIED',
    message: 'The object store refused to lock "a" in s3://b/p: permission denied.',
  })
})

test.each([
  [400, 'InvalidRequest'],
  [501, 'NotImplemented'],
])('a store that answers %i %s has no locks', async (status, code) => {
  const { store } = await setUp({
    'GET object-lock': refuse(status, code),
    'GET versioning': refuse(501, 'NotImplemented'),
    'GET retention': refuse(status, code),
    'PUT retention': refuse(status, code),
  })
  expect(await store.lockSupport()).toEqual({ versioning: false, objectLock: false })
  expect(await store.retention('a')).toBeUndefined()
  await expect(store.retain('a', UNTIL, 'governance')).rejects.toMatchObject({
    code: 'LOCK_UNSUPPORTED',
    message: 'The store s3://b/p cannot lock objects: the bucket has no Object Lock.',
    retryable: false,
  })
})

test('what a bucket says of itself: default retention in days or years, and the time of its answer', async () => {
  const locked = (rule: string) =>
    answer(
      `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`,
    )
  const rule = (mode: string, time: string) =>
    `<Rule><DefaultRetention><Mode>${mode}</Mode>${time}</DefaultRetention></Rule>`
  const { store } = await setUp({
    'GET object-lock': [
      locked(rule('COMPLIANCE', '<Days>30</Days>')),
      locked(rule('GOVERNANCE', '<Years>2</Years>')),
      locked(''),
    ],
    'GET versioning': answer(
      '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
      { date: 'Sun, 22 Nov 2026 12:00:00 GMT' },
    ),
  })
  const on = { versioning: true, objectLock: true, time: Date.parse('2026-11-22T12:00:00Z') }
  const compliance = { mode: 'compliance', days: 30 }
  expect(await store.lockSupport()).toEqual({ ...on, defaultRetention: compliance })
  const governance = { mode: 'governance', days: 730 }
  expect(await store.lockSupport()).toEqual({ ...on, defaultRetention: governance })
  expect(await store.lockSupport()).toEqual(on)
})

test('trouble while asking about locks is no answer', async () => {
  const { store } = await setUp({
    'GET object-lock': refuse(403, 'AccessDenied'),
    'GET retention': refuse(503, 'SlowDown'),
  })
  await expect(store.lockSupport()).rejects.toMatchObject({ code: 'STORE_DENIED' })
  await expect(store.retention('a')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    retryable: true,
  })
  await expect(store.retain('a', UNTIL, 'governance')).rejects.toMatchObject({ retryable: true })
})

/** The store's clock: 22 November 2026. */
const denied: Answer = (request, response, body) => {
  response.setHeader('date', 'Sun, 22 Nov 2026 12:00:00 GMT')
  refuse(403, 'AccessDenied')(request, response, body)
}

test.each([
  ['a lock that holds', retentionOf('2026-12-23T00:00:00Z'), 'OBJECT_LOCKED'],
  ['a lock that has ended', retentionOf('2026-11-21T00:00:00Z'), 'STORE_DENIED'],
  ['no lock', refuse(404, 'NoSuchObjectLockConfiguration'), 'STORE_DENIED'],
  ['a lock that may not be asked for', refuse(403, 'AccessDenied'), 'STORE_DENIED'],
])('a removal that is denied, and %s', async (_, retention, code) => {
  const versions = refuse(403, 'AccessDenied')
  const answers = { DELETE: denied, 'GET retention': retention, 'GET versions': versions }
  const { store, requests } = await setUp(answers)
  await expect(store.remove('a', 'v1')).rejects.toMatchObject({ code })
  expect(requests[0]?.request.url).toContain('versionId=v1')
  expect(requests[1]?.request.url).toContain('versionId=v1')
  for (const { request } of requests)
    expect(Object.keys(request.headers).join()).not.toContain('bypass')
})

test('a dialect with its own word for a lock is understood by the lock itself', async () => {
  const { store } = await setUp({
    DELETE: refuse(400, 'ObjectLocked'),
    'GET retention': retentionOf('2099-12-23T00:00:00Z'),
  })
  await expect(store.remove('a', 'v1')).rejects.toMatchObject({
    code: 'OBJECT_LOCKED',
    until: Date.parse('2099-12-23T00:00:00Z'),
  })
})

test('a version that is gone is no error; a store that is away is', async () => {
  const { store } = await setUp({
    DELETE: [refuse(404, 'NoSuchVersion'), refuse(503, 'SlowDown')],
  })
  await store.remove('a', 'v1')
  await expect(store.remove('a', 'v1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

test('versions and markers of a page are put in one order, pages are joined, folders left out', async () => {
  const item = (tag: string, key: string, id: string, second: number, latest: boolean) =>
    `<${tag}><Key>p/${key}</Key><VersionId>${id}</VersionId><IsLatest>${latest}</IsLatest>` +
    `<LastModified>2026-11-22T12:00:0${second}.000Z</LastModified>` +
    `${tag === 'Version' ? '<Size>3</Size>' : ''}</${tag}>`
  const page = (items: string, next = '') =>
    answer(
      `<ListVersionsResult><IsTruncated>${next !== ''}</IsTruncated>${items}${next}</ListVersionsResult>`,
    )
  const { store, requests } = await setUp({
    'GET versions': [
      page(
        item('Version', 'a', 'v3', 3, false) +
          item('Version', 'a', 'v1', 1, false) +
          item('DeleteMarker', 'a', 'm4', 4, true) +
          item('DeleteMarker', 'a', 'm2', 2, false),
        '<NextKeyMarker>p/a</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>',
      ),
      page(
        item('Version', 'a', 'v0', 0, false) +
          item('Version', 'folder/', 'f', 1, true) +
          item('Version', 'a-b', 'x', 1, true),
      ),
    ],
  })
  const found = await Array.fromAsync(store.versions(''))
  expect(found.map(({ key, version, deleteMarker }) => [key, version, deleteMarker])).toEqual([
    ['a', 'm4', true],
    ['a', 'v3', false],
    ['a', 'm2', true],
    ['a', 'v1', false],
    ['a', 'v0', false],
    ['a-b', 'x', false],
  ])
  expect(found.map(({ size }) => size)).toEqual([0, 3, 0, 3, 3, 3])
  expect(requests[1]?.request.url).toContain('key-marker=p%2Fa')
  expect(requests[1]?.request.url).toContain('version-id-marker=v1')
})

test.each([
  [405, 'MethodNotAllowed'], // a delete marker
  [404, 'NoSuchVersion'],
  [400, 'InvalidArgument'], // no version could have such a name
])('a version that is none: %i %s', async (status, code) => {
  const { store } = await setUp({ GET: refuse(status, code) })
  await expect(store.getVersion('a', 'v1')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
})
