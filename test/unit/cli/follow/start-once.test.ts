import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startOnce } from '#cli/follow/start-once.ts'
import { createClient } from '#core/contracts/client.ts'

const RUN = '01J00000000000000000000RVN'
const REQUEST = { kind: 'backup' as const, vms: ['db-01'] }

/** A control plane that reads a request and dies so many times before it answers. */
const dyingServer = async (
  deaths: number,
  { status, json }: { status: number; json: object } = { status: 200, json: { runId: RUN } },
) => {
  const keys: unknown[] = []
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key'])
    request.resume().once('end', () => {
      if (keys.length <= deaths) request.socket.destroy()
      else response.writeHead(status).end(JSON.stringify(json))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { client: createClient({ baseUrl, fetch, authorize: () => undefined }), keys }
}

test('an answer that was lost is asked for again, under the same key', async () => {
  const { client, keys } = await dyingServer(2)
  expect(await startOnce(client, REQUEST)).toBe(RUN)
  expect(keys).toStrictEqual([keys[0], keys[0], keys[0]])
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
})

test('each command has a key of its own', async () => {
  const { client, keys } = await dyingServer(0)
  await startOnce(client, REQUEST)
  await startOnce(client, REQUEST)
  expect(new Set(keys).size).toBe(2)
})

test('where nobody listens nothing is waited for', async () => {
  const client = createClient({ baseUrl: 'http://127.0.0.1:1', fetch, authorize: () => undefined })
  await expect(startOnce(client, REQUEST)).rejects.toMatchObject({
    code: 'CONTROL_PLANE_UNREACHABLE',
    message: 'The control plane at http://127.0.0.1:1 does not answer.',
  })
})

test('what is answered after a lost answer is told as it is, however much it sounds like silence', async () => {
  const problem = {
    code: 'GATEWAY_SILENT',
    message: 'No enrolled gateway serves the pool of "db-01".',
    advice: 'Start the gateway of this pool.',
    retryable: true,
  }
  const { client, keys } = await dyingServer(1, { status: 503, json: problem })
  await expect(startOnce(client, REQUEST)).rejects.toMatchObject(problem)
  expect(keys).toHaveLength(2)
})

test('a control plane that takes the request and never answers is not said to be down', async () => {
  const cause = Object.assign(new Error('Headers Timeout Error'), {
    code: 'UND_ERR_HEADERS_TIMEOUT',
  })
  const client = createClient({
    baseUrl: 'http://127.0.0.1:1',
    fetch: async () => {
      throw new TypeError('fetch failed', { cause })
    },
    authorize: () => undefined,
  })
  await expect(startOnce(client, REQUEST)).rejects.toMatchObject({
    code: 'CONTROL_PLANE_UNREACHABLE',
    message: 'The control plane went away before it said whether the run was started.',
  })
})
