import { afterEach, beforeEach, expect, test } from 'vitest'
import { SignInRefusedError } from '#core/errors/people.ts'
import { type HttpFront, listenHttp } from '#local/http-front.ts'
import { signInDoor } from '#local/sign-in/door.ts'
import { startControlPlane, type TestControlPlane } from '#test/support/control-plane.ts'

let control: TestControlPlane
let front: HttpFront
let tries: string[]
let signedOut: string[]

beforeEach(async () => {
  control = await startControlPlane()
  tries = []
  signedOut = []
  const door = signInDoor({
    signIn: async (password, address) => {
      expect(address).toBe('127.0.0.1')
      tries.push(password)
      if (password !== 'right') throw new SignInRefusedError()
      return { token: 'xks_token', until: 1 }
    },
    signOut: async token => void signedOut.push(token),
  })
  const files = (): void => {
    throw new Error('a disk that is broken')
  }
  front = await listenHttp(control.ports, { host: '127.0.0.1', port: 0 }, { door, files })
})
afterEach(async () => {
  await front.close()
  await control.close()
})

const call = async (path: string, init: RequestInit) => {
  const answer = await fetch(new URL(path, front.url), init)
  const { status, headers } = answer
  return { status, kept: headers.get('cache-control'), json: await answer.json() }
}
const post = (body: string, type: string) =>
  call('/local/session', { method: 'POST', body, headers: { 'content-type': type } })

test('the right password opens a session, and a session is closed by its own token', async () => {
  expect(await post('{"password":"right"}', 'application/json; charset=utf-8')).toEqual({
    status: 200,
    kept: 'no-store',
    json: { token: 'xks_token', until: 1 },
  })
  expect(await post('{"password":"wrong"}', 'application/json')).toMatchObject({
    status: 401,
    json: { code: 'SIGN_IN_REFUSED' },
  })
  const headers = { authorization: 'Bearer xks_token' }
  expect(await call('/local/session', { method: 'DELETE', headers })).toMatchObject({ status: 200 })
  expect(signedOut).toEqual(['xks_token'])
})

test.each(['text/plain', 'application/x-www-form-urlencoded', 'text/plain; application/json'])(
  'what any page may have a browser send (%s) is no try',
  async type => {
    expect(await post('{"password":"wrong"}', type)).toMatchObject({
      status: 400,
      json: {
        code: 'REQUEST_INVALID',
        message: 'The request is not valid: its content type has to be application/json.',
      },
    })
    expect(tries).toEqual([])
  },
)

test('a page that cannot be shown does not end the control plane', async () => {
  expect(await call('/', {})).toMatchObject({ status: 500 })
  expect(await call('/', {})).toMatchObject({ status: 500 })
})
