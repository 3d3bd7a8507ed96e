import { afterEach, beforeAll, expect, test } from 'vitest'
import { mailSender } from '#adapters/notify/mail.ts'
import { smtpSender } from '#adapters/notify/smtp.ts'
import { type WebCall, webCall } from '#adapters/notify/web-call.ts'
import { ChannelDefinition, type DestinationOf } from '#core/contracts/channels.ts'
import { freePort } from '#test/support/free-port.ts'
import { EVENT, NASTY, nastyMessage, someSecrets } from '#test/support/notify.ts'
import { type SelfSigned, selfSigned } from '#test/support/self-signed.ts'
import { smtpReceiver } from '#test/support/smtp-receiver.ts'

let tls: SelfSigned
beforeAll(async () => {
  tls = await selfSigned('localhost')
})
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})
const receiver = async (
  ...options: Parameters<typeof smtpReceiver> extends [unknown, ...infer R] ? R : never
) => {
  const server = await smtpReceiver(tls, ...options)
  open.push(server)
  return server
}

const mail = (smtp: Record<string, unknown>): DestinationOf<'mail'> =>
  ChannelDefinition.parse({
    name: 'mail',
    to: {
      kind: 'mail',
      from: 'xenkeep@example.org',
      to: ['ops@example.org', 'night@example.org'],
      smtp: { host: 'localhost', ca: 'ca', ...smtp },
    },
  }).to as DestinationOf<'mail'>

const here = { privateNetwork: true }
const sender = (call: WebCall = webCall(here), reach = here) => {
  const secrets = someSecrets({
    ca: tls.cert,
    password: 'sesame',
    wrong: 'nope',
    client: 'c',
    refresh: 'r',
  })
  return mailSender(smtpSender({ secrets, reach, call }))
}
const onAuth = {
  authOptional: false,
  onAuth: (
    auth: {
      username?: string | undefined
      password?: string | undefined
      accessToken?: string | undefined
    },
    _: unknown,
    done: (error: Error | null, answer?: { user: string }) => void,
  ) =>
    auth.password === 'sesame' || auth.accessToken === 'token-1'
      ? done(null, { user: String(auth.username) })
      : done(new Error('not you')),
}

test('a mail by STARTTLS, with a password: both parts, and nothing of a name becomes a header', async () => {
  const server = await receiver(onAuth as never)
  const auth = { kind: 'password', user: 'xenkeep', password: 'password' }
  await sender()(mail({ port: server.port, auth }), nastyMessage())
  const [got] = server.received
  expect(got).toMatchObject({
    from: 'xenkeep@example.org',
    to: ['ops@example.org', 'night@example.org'],
    secure: true,
    user: 'xenkeep',
  })
  const [head = ''] = (got?.raw ?? '').split('\r\n\r\n')
  expect(head).not.toMatch(/^Bcc:/im)
  expect(head).toMatch(new RegExp(`^Message-ID: <${EVENT}\\.run-failed@example\\.org>$`, 'm'))
  expect(head).toMatch(/^Auto-Submitted: auto-generated$/m)
  expect(head).toMatch(/^Content-Type: multipart\/alternative;/m)
  expect(got?.raw).toMatch(/Content-Type: text\/plain; charset=utf-8/)
  expect(got?.raw).toMatch(/Content-Type: text\/html; charset=utf-8/)
  const html = got?.raw.slice(got.raw.indexOf('text/html'))
  expect(html).toContain('&lt;script&gt;')
  expect(html).not.toContain('<script>')
})

test('a server that offers no STARTTLS gets neither password nor mail', async () => {
  const server = await receiver({
    ...onAuth,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
  } as never)
  const auth = { kind: 'password', user: 'xenkeep', password: 'password' }
  await expect(sender()(mail({ port: server.port, auth }), nastyMessage())).rejects.toMatchObject({
    code: 'DELIVERY_FAILED',
  })
  expect(server.received).toEqual([])
})

test('a certificate that nobody vouches for is refused, whatever is behind it', async () => {
  const server = await receiver()
  const { smtp, ...to } = mail({ port: server.port })
  if (!smtp) throw new Error('no server')
  const { ca: _, ...plain } = smtp
  await expect(sender()({ ...to, smtp: plain }, nastyMessage())).rejects.toMatchObject({
    code: 'DELIVERY_FAILED',
    message: expect.stringMatching(/self.signed certificate/),
  })
  const elsewhere = mail({ port: server.port, host: '127.0.0.1' })
  await expect(sender()(elsewhere, nastyMessage())).rejects.toMatchObject({
    message: expect.stringContaining('Hostname/IP does not match'),
  })
  expect(server.received).toEqual([])
})

test('TLS from the first byte', async () => {
  const server = await receiver({ secure: true })
  await sender()(mail({ port: server.port, security: 'tls' }), nastyMessage())
  expect(server.received[0]).toMatchObject({ secure: true })
})

test('a wrong password is tried again, as somebody may repair it; the answer is told and the password is not', async () => {
  const server = await receiver(onAuth as never)
  const auth = { kind: 'password', user: 'xenkeep', password: 'wrong' }
  const error = await sender()(mail({ port: server.port, auth }), nastyMessage()).catch(e => e)
  expect(error).toMatchObject({ code: 'DELIVERY_FAILED', retryable: true })
  expect(error.message).toContain('does not let us in')
  expect(error.message).not.toContain('nope')
})

test('OAuth2: a token is fetched and shown to the server', async () => {
  const server = await receiver({ ...onAuth, authMethods: ['XOAUTH2'] } as never)
  const asked: string[] = []
  const call: WebCall = async ({ url, body }) => {
    asked.push(`${url} ${body}`)
    return { status: 200, retryAfter: undefined, text: '{"access_token":"token-1"}' }
  }
  const auth = {
    ...{ kind: 'oauth2', user: 'xenkeep', tokenUrl: 'https://login.example.org/token' },
    ...{ clientId: 'id', clientSecret: 'client', refreshToken: 'refresh', scope: 'smtp' },
  }
  await sender(call)(mail({ port: server.port, auth }), nastyMessage())
  expect(asked).toEqual([
    'https://login.example.org/token client_id=id&grant_type=refresh_token&refresh_token=r&client_secret=c&scope=smtp',
  ])
  expect(server.received[0]).toMatchObject({ user: 'xenkeep' })
})

test('what a server puts off comes again, what it refuses for good does not', async () => {
  let code = 451
  const say = (_: unknown, __: unknown, done: (error?: Error) => void) =>
    code === 250 ? done() : done(Object.assign(new Error('not now'), { responseCode: code }))
  const server = await receiver({ onRcptTo: say } as never)
  const send = () => sender()(mail({ port: server.port }), nastyMessage())
  await expect(send()).rejects.toMatchObject({ code: 'DELIVERY_FAILED', retryable: true })
  code = 550
  await expect(send()).rejects.toMatchObject({ code: 'DELIVERY_REFUSED', retryable: false })
  code = 250
  await send()
  expect(server.received).toHaveLength(1)
})

test('nobody there, and then somebody', async () => {
  const port = await freePort()
  await expect(sender()(mail({ port }), nastyMessage())).rejects.toMatchObject({
    code: 'DELIVERY_FAILED',
  })
  const server = await receiver({}, port)
  await sender()(mail({ port }), nastyMessage())
  expect(server.received).toHaveLength(1)
})

test('a password in clear is no channel at all', () => {
  const auth = { kind: 'password', user: 'u', password: 'p' }
  expect(() => mail({ security: 'none', auth })).toThrow(/never sent in clear/)
  expect(NASTY).toContain('\r\n') // what the tests above rely on
})

test('a server that repeats what it was told does not have it told', async () => {
  const plain = Buffer.from('\u0000u\u0000sesame').toString('base64')
  const server = await receiver({
    authMethods: ['PLAIN'],
    onAuth: (_: unknown, __: unknown, done: (error: Error) => void) =>
      done(new Error(`what is ${plain} or sesame?`)),
  } as never)
  const auth = { kind: 'password', user: 'u', password: 'password' }
  const error = await sender()(mail({ port: server.port, auth }), nastyMessage()).catch(e => e)
  expect(error.message).toContain('what is … or …?')
  expect(error.message).not.toMatch(/sesame|AHUA/)
})

test('from the cloud, a mail server in a private network is never spoken to, whatever it is called', async () => {
  const server = await receiver()
  const cloud = { privateNetwork: false }
  const send = (host: string) =>
    sender(webCall(cloud), cloud)(mail({ port: server.port, host }), nastyMessage())
  for (const host of ['127.0.0.1', '::1', '169.254.169.254', '::ffff:127.0.0.1'])
    await expect(send(host)).rejects.toMatchObject({
      code: 'DELIVERY_REFUSED',
      message: expect.stringContaining('private network'),
    })
  // Names, and what a resolver of names reads as a number.
  for (const host of ['localhost', '127.1', '0x7f000001', '2130706433'])
    await expect(send(host)).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('private network'),
    })
  expect(server.connections()).toBe(0)
  await sender()(mail({ port: server.port }), nastyMessage())
  expect(server.connections()).toBe(1)
})

test.each([
  ['https://127.0.0.1:9/token', 'DELIVERY_REFUSED', 'may not be asked from here'],
  ['https://[fd00:ec2::254]/token', 'DELIVERY_REFUSED', 'may not be asked from here'],
  ['https://localhost:9/token', 'DELIVERY_FAILED', 'private network'],
])(
  'from the cloud, no token is asked for at %s, and no secret goes there',
  async (tokenUrl, code, words) => {
    const server = await receiver(onAuth as never)
    const auth = {
      ...{ kind: 'oauth2', user: 'xenkeep', tokenUrl },
      ...{ clientId: 'id', clientSecret: 'client', refreshToken: 'refresh' },
    }
    const send = sender(webCall({ privateNetwork: false }))
    await expect(send(mail({ port: server.port, auth }), nastyMessage())).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
    expect(server.connections()).toBe(0)
  },
)
