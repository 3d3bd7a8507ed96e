import { Agent, get } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { TokenInvalidError } from '#core/errors/request.ts'
import { BODY_LIMIT } from '#functions/middleware/json-body.ts'
import { startControlPlane, type TestControlPlane } from '#test/support/control-plane.ts'

let control: TestControlPlane
afterEach(() => control.close())

const call = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(new URL(path, control.url), {
    ...init,
    headers: { authorization: 'Bearer test-token', ...init.headers },
  })
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    json: (await answer.json()) as Record<string, unknown>,
  }
}

test('answers as API Gateway and Lambda would', async () => {
  control = await startControlPlane()
  expect(await call('/v1/runs?limit=5')).toEqual({
    status: 200,
    type: 'application/json',
    json: { items: [] },
  })
  expect(await call('/v1/run')).toMatchObject({
    status: 404,
    type: 'application/problem+json',
    json: { code: 'ROUTE_UNKNOWN' },
  })
  expect(await call('/v1/runs', { method: 'DELETE' })).toMatchObject({
    status: 405,
    json: { code: 'METHOD_NOT_ALLOWED' },
  })
  expect(await call('/v1/runs', { headers: { authorization: 'Bearer wrong' } })).toMatchObject({
    status: 401,
    json: { code: 'TOKEN_INVALID' },
  })
})

test('what is no path at all is unknown, and no failure of ours', async () => {
  control = await startControlPlane()
  const { hostname, port } = new URL(control.url)
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  get({ hostname, port, path: '//' }, answer => {
    answer.resume()
    resolve(answer.statusCode)
  })
  expect(await promise).toBe(404)
})

test('a body over the limit is refused while it is being read', async () => {
  control = await startControlPlane()
  const answer = await call('/v1/runs', { method: 'POST', body: 'x'.repeat(BODY_LIMIT + 1) })
  expect(answer).toMatchObject({
    status: 413,
    json: {
      code: 'BODY_TOO_LARGE',
      message: `The body of the request is larger than the ${BODY_LIMIT} bytes that this call takes.`,
    },
  })
  expect((await call('/v1/runs')).status).toBe(200)
})

test('whoever calls without a pause does not keep it from closing', async () => {
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  control = await startControlPlane({
    authenticator: {
      person: async () => {
        asked.resolve()
        await answered.promise
        throw new TokenInvalidError('it is a test')
      },
    },
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const call = () =>
    new Promise<void>((resolve, reject) => {
      get(`${control.url}/v1/runs`, { agent }, response => {
        response.resume().once('end', resolve)
      }).once('error', reject)
    })
  const callsOn = async () => {
    for (;;) await call()
  }
  const refused = callsOn().catch(({ code }) => code)
  await asked.promise
  const closed = control.close()
  answered.resolve()
  await closed
  expect(await refused).toBe('ECONNREFUSED')
  agent.destroy()
})
