import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { selfSigned } from '#test/support/self-signed.ts'

const PASSWORD = 'correct horse battery staple'

/** A host whose certificate nobody vouches for, and what it got to read. */
const stranger = async () => {
  const received: Buffer[] = []
  const server = createServer(await selfSigned('stranger'), socket => {
    socket
      .on('error', () => undefined)
      .on('data', part => {
        received.push(part)
        socket.destroy()
      })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

test('another certificate than the pinned one: its fingerprint is told and no byte is sent', async () => {
  await using host = await stranger()
  const options = {
    url: host.url,
    user: 'root',
    password: PASSWORD,
    fingerprints: ['ab'.repeat(32)],
  }
  const failure = await openPool(options).catch(error => error)
  expect(failure).toMatchObject({
    code: 'XAPI_CERTIFICATE_MISMATCH',
    message: expect.stringMatching(
      /^The certificate of 127\.0\.0\.1:\d+ is not trusted: it is not the pinned one\. Its SHA-256 fingerprint is [0-9a-f]{64}\.$/,
    ),
    advice: expect.stringContaining('No password was sent.'),
  })
  expect(Buffer.concat(host.received).length).toBe(0)

  // The fingerprint from the message, set as the advice tells, is trusted.
  const again = await openPool({ ...options, fingerprints: [failure.fingerprint] }).catch(e => e)
  expect(again.code).not.toBe('XAPI_CERTIFICATE_MISMATCH')
})

test('a CA file that does not vouch for the host', async () => {
  await using host = await stranger()
  const { cert } = await selfSigned('somebody else')
  const options = { url: host.url, user: 'root', password: PASSWORD, ca: cert }
  await expect(openPool(options)).rejects.toMatchObject({
    code: 'XAPI_CERTIFICATE_MISMATCH',
    message: expect.stringContaining('the CA file does not vouch for it'),
  })
  expect(Buffer.concat(host.received).length).toBe(0)
})

test('a CA file that vouches for the host is enough', async () => {
  await using client = await clientOnPool({})
  const [host] = client.pool.hosts
  const { fingerprints: _, ...options } = client.options
  const xapi = await openPool({ ...options, ca: host?.certificatePem ?? '' })
  expect(xapi.poolUuid).toBe(client.pool.poolUuid)
  await xapi.close()
})

test('clear text and blind trust are refused', async () => {
  const user = { user: 'root', password: PASSWORD }
  await expect(openPool({ ...user, url: 'http://10.0.0.1' })).rejects.toMatchObject({
    code: 'XAPI_PLAIN_REFUSED',
    message: 'The address http://10.0.0.1 would send the password of the pool in clear text.',
  })
  await expect(openPool({ ...user, url: 'https://10.0.0.1' })).rejects.toMatchObject({
    code: 'XAPI_TRUST_MISSING',
  })
})
