import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { afterEach, expect, test } from 'vitest'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { credentials, refuse, serve, storeAt } from '#test/support/answering-s3.ts'
import { selfSigned } from '#test/support/self-signed.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

test('a put is one conditional request with the SHA-256 of its body', async () => {
  const requests: IncomingMessage[] = []
  const bodies: Buffer[] = []
  const endpoint = await serve((request, response, body) => {
    requests.push(request)
    bodies.push(body)
    response.end()
  })
  await storeAt(endpoint).put('packs/1', [Buffer.from('ab'), Buffer.from('c')])
  expect(bodies.map(String)).toEqual(['abc'])
  expect(requests[0]).toMatchObject({
    method: 'PUT',
    url: '/b/p/packs/1?x-id=PutObject',
    headers: {
      'if-none-match': '*',
      'content-length': '3',
      'x-amz-checksum-sha256': createHash('sha256').update('abc').digest('base64'),
      'x-amz-content-sha256': createHash('sha256').update('abc').digest('hex'),
    },
  })
})

const REFUSALS: [number, string, string, boolean][] = [
  [412, 'PreconditionFailed', 'OBJECT_EXISTS', false],
  [409, 'ConditionalRequestConflict', 'STORE_UNAVAILABLE', true],
  [503, 'SlowDown', 'STORE_UNAVAILABLE', true],
  [500, 'InternalError', 'STORE_UNAVAILABLE', true],
  [502, 'BadGateway', 'STORE_UNAVAILABLE', true],
  [400, 'RequestTimeout', 'STORE_UNAVAILABLE', true],
  [403, 'RequestTimeTooSkewed', 'STORE_UNAVAILABLE', true],
  [403, 'AccessDenied', 'STORE_DENIED', false],
  [403, 'InvalidAccessKeyId', 'STORE_DENIED', false],
  [401, 'Unauthorized', 'STORE_DENIED', false],
  [403, 'QuotaExceeded', 'STORE_FULL', false],
  [507, 'XMinioStorageFull', 'STORE_FULL', false],
  [404, 'NoSuchBucket', 'STORE_MISSING', false],
  [400, 'InvalidRequest', 'UNEXPECTED', false],
]
test.each(REFUSALS)('%i %s of a put is %s', async (status, name, code, retryable) => {
  const store = storeAt(await serve(refuse(status, name)))
  await expect(store.put('a', [])).rejects.toMatchObject({ code, retryable })
})

test.each([
  [404, 'NoSuchKey', 'OBJECT_NOT_FOUND'],
  [403, 'AccessDenied', 'STORE_DENIED'],
  [503, 'SlowDown', 'STORE_UNAVAILABLE'],
])('%i %s of a get is %s', async (status, name, code) => {
  const store = storeAt(await serve(refuse(status, name)))
  await expect(store.get('a')).rejects.toMatchObject({ code })
})

test('a body that breaks off is no object', async () => {
  const endpoint = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '10' })
    response.write('12345', () => response.destroy())
  })
  await expect(storeAt(endpoint).get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

test('a server that ignores the range is not believed', async () => {
  const store = storeAt(await serve((_, response) => response.end('0123456789')))
  const text = async (range: Parameters<typeof store.get>[1]) =>
    Buffer.from(await store.get('a', range)).toString()
  expect(await text({ offset: 2, length: 3 })).toBe('234')
  expect(await text({ last: 3 })).toBe('789')
})

test('nobody there, and a name nobody knows', async () => {
  for (const endpoint of ['http://127.0.0.1:1', 'http://nobody.invalid']) {
    await expect(storeAt(endpoint).stat('a')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'The object store did not look up "a" in s3://b/p.',
    })
  }
})

test('a certificate that nobody vouches for', async () => {
  server = createHttpsServer(await selfSigned('localhost')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await expect(storeAt(`https://localhost:${port}`).put('a', [])).rejects.toMatchObject({
    code: 'STORE_UNTRUSTED',
    message: 'The certificate of s3://b/p was not accepted; nothing was sent.',
    retryable: false,
  })
})

test('objects that are none of ours do not show in a list', async () => {
  const contents = ['p/', 'p/a/', 'p/a/b', 'p/ä', 'p/c d', 'p/e']
    .map(key => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`)
    .join('')
  const list = `<?xml version="1.0"?><ListBucketResult>${contents}</ListBucketResult>`
  const store = storeAt(await serve((_, response) => response.end(list)))
  expect((await Array.fromAsync(store.list(''))).map(o => o.key)).toEqual(['a/b', 'e'])
})

test('an opened store repeats a request, and knows its own object after a lost reply', async () => {
  const stored = new Map<string, Buffer>()
  const seen: string[] = []
  const endpoint = await serve((request, response, body) => {
    const url = request.url?.split('?')[0] ?? ''
    seen.push(`${request.method} ${url}`)
    const found = stored.get(url)
    if (request.method !== 'PUT') {
      return response.setHeader('content-length', found?.length ?? 0).end(found)
    }
    if (found) return refuse(412, 'PreconditionFailed')(request, response, body)
    stored.set(url, body)
    response.destroy()
  })
  const store = await openObjectStore('s3://bkt/p', { s3: { endpoint, credentials } })
  await store.put('a', [Buffer.from('ours')])
  expect(seen).toEqual(['PUT /bkt/p/a', 'PUT /bkt/p/a', 'HEAD /bkt/p/a', 'GET /bkt/p/a'])
})

test('no error shows a credential', async () => {
  const store = storeAt(await serve(refuse(403, 'SignatureDoesNotMatch')))
  const error = await store.get('a').catch(e => e)
  expect(error.code).toBe('STORE_DENIED')
  expect(JSON.stringify([error.message, error.advice, String(error.cause)])).not.toContain(
    'top-secret',
  )
})
