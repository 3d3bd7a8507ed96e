import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createClient } from '#core/contracts/client.ts'
import { fetchAt } from '#gateway-agent/control/base-url.ts'
import { createControlPlanes } from '#gateway-agent/control/control-planes.ts'
import { freePort } from '#test/support/free-port.ts'
import { selfSigned } from '#test/support/self-signed.ts'

/**
 * A gateway whose first address leads nowhere, over real sockets.
 * @param first where that is
 */
const gatewayWithFirst = async (first: string) => {
  const second = createServer((_, answer) => {
    answer.setHeader('xenkeep-region-epoch', '1')
    answer.setHeader('content-type', 'application/json')
    answer.end('{"accepted":true}')
  }).listen(0, '127.0.0.1')
  await once(second, 'listening')
  closers.push(() => second.close())
  const url = `http://127.0.0.1:${(second.address() as AddressInfo).port}`
  const log: string[] = []
  const planes = await createControlPlanes({
    urls: [async () => first, async () => url],
    memory: { load: async () => undefined, save: async () => {} },
    patienceMs: 0,
    clock: { now: () => 0 },
    log: { info: () => {}, warn: line => void log.push(line) },
  })
  const client = createClient({
    baseUrl: first,
    fetch: planes.listening(fetchAt(planes.baseUrl, fetch, 300)),
    authorize: () => 'Bearer x',
  })
  const call = () =>
    client
      .call('result', { params: { jobId: '01J000000000000000000000PA' }, body: {} as never })
      .then(
        () => 'ok',
        ({ code }) => code as string,
      )
  return { call, log }
}

const closers: (() => unknown)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Something that listens, and what its address is. */
const listening = async (server: Server | HttpsServer, scheme: string): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each([
  ['where nobody listens', async () => `http://127.0.0.1:${await freePort()}`],
  ['of a name that is not known', async () => 'https://control.invalid'],
  [
    'with a certificate that nobody vouches for',
    async () => listening(createHttpsServer(await selfSigned('localhost')), 'https'),
  ],
  [
    'that speaks no TLS',
    async () =>
      listening(
        createServer((_, answer) => answer.end('x')),
        'https',
      ),
  ],
  [
    'that takes the call and says nothing',
    async () =>
      listening(
        createServer(() => {}),
        'http',
      ),
  ],
])('a first address %s: the second one serves', async (_, address) => {
  const { call, log } = await gatewayWithFirst(await address())
  expect(await call()).toBe('CONTROL_PLANE_UNREACHABLE')
  await expect.poll(call).toBe('ok')
  expect(log[0]).toContain('does not answer: this gateway calls')
})
