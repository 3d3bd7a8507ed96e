import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpByFetch } from '#gateway-agent/recipes/http.ts'

const server = createServer((request, response) => {
  if (request.url === '/elsewhere') response.writeHead(302, { location: 'http://example.com/' })
  const size = request.url === '/long' ? 5e6 : 0
  response.end(size > 0 ? Buffer.alloc(size) : `${request.method} ${request.headers['x-own']}`)
})
beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => new Promise(resolve => server.close(resolve)))

const ask = (path: string, more: object = {}) =>
  httpByFetch(fetch)({
    ...{ method: 'GET', headers: { 'x-own': 'yes' }, signal: AbortSignal.timeout(10_000) },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    ...more,
  })

test('this machine may be asked in clear text, others may not', async () => {
  expect(await ask('/')).toEqual({ status: 200, body: 'GET yes' })
  expect(await ask('/', { url: 'http://10.0.0.1/' })).toEqual({
    said: 'it has to be an https address; http is for this machine itself',
  })
  expect(await ask('/', { url: 'file:///etc/passwd' })).toHaveProperty('said')
})

test('no answer leads elsewhere, none is longer than it may be, and silence is told', async () => {
  expect(await ask('/elsewhere')).toMatchObject({ status: 302 })
  expect(await ask('/long')).toEqual({ said: 'the answer is longer than 4 MiB' })
  expect(await ask('/', { url: 'http://127.0.0.1:1/' })).toHaveProperty('said')
})
