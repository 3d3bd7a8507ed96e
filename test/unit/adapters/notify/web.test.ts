import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { slackSender, teamsSender } from '#adapters/notify/chat.ts'
import { isPublicAddress, publicLookup } from '#adapters/notify/public-address.ts'
import { webCall } from '#adapters/notify/web-call.ts'
import { webhookSender } from '#adapters/notify/webhook.ts'
import { EVENT, nastyMessage, someSecrets } from '#test/support/notify.ts'

const NOW = Date.UTC(2026, 10, 23, 2, 31)
const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

interface Got {
  headers: IncomingMessage['headers']
  body: string
}
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})
const receiver = async (status = 200, headers: Record<string, string> = {}, text = 'ok') => {
  const got: Got[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    got.push({ headers: request.headers, body })
    response.writeHead(status, headers).end(text)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { got, url: `http://127.0.0.1:${(server.address() as { port: number }).port}/hook/s3cret` }
}
const here = { privateNetwork: true }
const cloud = { privateNetwork: false }
const webhook = (url: string, reach = here, key = KEY) =>
  webhookSender({ secrets: someSecrets({ key }), clock: { now: () => NOW }, call: webCall(reach) })(
    { kind: 'webhook', url, secret: 'key' },
    nastyMessage(),
  )

/** As docs/notifications.md tells receivers to do it, written without a look at the sender. */
const verify = ({ headers, body }: Got, key: string): boolean => {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const raw = Buffer.from(key.replace('whsec_', ''), 'base64')
  const expected = createHmac('sha256', raw).update(signed).digest('base64')
  return String(headers['webhook-signature'])
    .split(' ')
    .some(signature => signature === `v1,${expected}`)
}

test('a webhook bears a signature over id, time and body', async () => {
  const { got, url } = await receiver()
  await webhook(url)
  const [only] = got
  if (!only) throw new Error('nothing came')
  expect(verify(only, KEY)).toBe(true)
  expect(verify({ ...only, body: only.body.replace('run-failed', 'run-succeeded') }, KEY)).toBe(
    false,
  )
  expect(only.headers['webhook-id']).toBe(EVENT)
  expect(Number(only.headers['webhook-timestamp'])).toBe(NOW / 1_000)
  expect(JSON.parse(only.body)).toMatchObject({
    type: 'run-failed',
    id: EVENT,
    severity: 'error',
    data: { runId: '01J0000000000000000000R000', counts: { failed: 1 } },
  })
})

test('while a key is changed both sign, and one that is too short signs nothing', async () => {
  const { got, url } = await receiver()
  const next = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
  await webhook(url, here, `${KEY}\n${next}\n`)
  expect([KEY, next].map(key => got[0] && verify(got[0], key))).toEqual([true, true])
  await expect(webhook(url, here, 'short')).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
  expect(got).toHaveLength(1)
})

test.each([
  [500, 'DELIVERY_FAILED'],
  [503, 'DELIVERY_FAILED'],
  [429, 'DELIVERY_FAILED'],
  [404, 'DELIVERY_FAILED'],
  [401, 'DELIVERY_FAILED'],
  [400, 'DELIVERY_REFUSED'],
  [413, 'DELIVERY_REFUSED'],
])('an answer of %i is %s, and the address is not in the error', async (status, code) => {
  const { url } = await receiver(status, {}, 'no thanks')
  const error = await webhook(url).catch(e => e)
  expect(error).toMatchObject({
    code,
    message: expect.stringContaining(`it answered ${status} ("no thanks")`),
  })
  expect(error.message).not.toContain('s3cret')
})

test('an answer that repeats the address does not tell it', async () => {
  const { url } = await receiver(404, {}, 'Cannot POST /hook/s3cret?sig=t0ken%2Babc (t0ken+abc)')
  const secrets = someSecrets({ url: `${url}?sig=t0ken%2Babc` })
  const to = { kind: 'slack' as const, url: 'url' }
  const error = await slackSender({ secrets, call: webCall(here) })(to, nastyMessage()).catch(
    e => e,
  )
  expect(error.message).toContain('it answered 404 ("Cannot POST …')
  expect(error.message).not.toMatch(/s3cret|t0ken/)
})

test('Retry-After is heard', async () => {
  const { url } = await receiver(429, { 'retry-after': '120' })
  await expect(webhook(url)).rejects.toMatchObject({ retryAfterMs: 120_000 })
})

test('a redirect is not followed', async () => {
  const other = await receiver()
  const { url } = await receiver(307, { location: other.url })
  await expect(webhook(url)).rejects.toMatchObject({
    code: 'DELIVERY_FAILED',
    message: expect.stringContaining('redirects are not followed'),
  })
  expect(other.got).toEqual([])
})

describe('from the cloud', () => {
  test.each([
    'http://93.184.216.34/x',
    'https://127.0.0.1:9001/2018-06-01/runtime',
    'https://169.254.169.254/latest/meta-data',
    'https://10.1.2.3/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://2130706433/',
    'https://0x7f.1/',
  ])('%s is refused before any byte leaves', async url => {
    await expect(webhook(url, cloud)).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' })
  })

  test('a name that leads into the own network is refused where the connection is made', async () => {
    await expect(webhook('https://localhost:1/', cloud)).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('private network'),
    })
    await new Promise<void>(resolve =>
      publicLookup('localhost', {}, error => {
        expect(error?.message).toContain('localhost is')
        resolve()
      }),
    )
  })

  test.each([
    ['93.184.216.34', true],
    ['2606:2800:220:1:248:1893:25c8:1946', true],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['100.64.0.1', false],
    ['255.255.255.255', false],
    ['::ffff:127.0.0.1', false],
    ['64:ff9b::a00:1', false],
    ['not an address', false],
  ])('%s: %s', (address, is) => {
    expect(isPublicAddress(address)).toBe(is)
  })
})

describe('chats', () => {
  test('Slack: blocks within its limits, and no mention comes of a name', async () => {
    const { got, url } = await receiver()
    await slackSender({ secrets: someSecrets({ url }), call: webCall(here) })(
      { kind: 'slack', url: 'url' },
      nastyMessage(`<!channel> *bold* ${'x'.repeat(5_000)}`.slice(0, 1_000)),
    )
    const { text, blocks } = JSON.parse(got[0]?.body ?? '{}')
    expect(text).not.toContain('<!channel>')
    expect(blocks.length).toBeLessThanOrEqual(50)
    for (const { type, text: inner } of blocks) {
      if (type === 'header') expect(inner.text.length).toBeLessThanOrEqual(150)
      if (type !== 'section') continue
      expect(inner.text.length).toBeLessThanOrEqual(3_000)
      expect(inner.text).not.toContain('<!channel>')
    }
    expect(JSON.stringify(blocks)).toContain('https://console.example.org/runs/')
  })

  test('Teams: one Adaptive Card below the size that Workflows take, with words only', async () => {
    const { got, url } = await receiver(202, {}, '')
    await teamsSender({ secrets: someSecrets({ url }), call: webCall(here) })(
      { kind: 'teams', url: 'url' },
      nastyMessage('[click](https://evil.example) **x**'),
    )
    const message = JSON.parse(got[0]?.body ?? '{}')
    expect(message).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: { type: 'AdaptiveCard', version: '1.4' },
        },
      ],
    })
    expect(Buffer.byteLength(got[0]?.body ?? '')).toBeLessThan(28_000)
    expect(got[0]?.body).not.toContain('[click](')
  })
})
