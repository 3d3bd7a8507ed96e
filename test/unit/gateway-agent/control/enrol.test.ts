import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ulid } from 'ulid'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Client } from '#core/contracts/client.ts'
import { createCode } from '#core/gateways/enrol.ts'
import { findGateway } from '#core/gateways/gateway.ts'
import { markRevoked } from '#core/gateways/revoke.ts'
import { createAuthorize } from '#gateway-agent/control/authorize.ts'
import { enrol } from '#gateway-agent/control/enrol.ts'
import { loadIdentity } from '#gateway-agent/control/identity.ts'
import { clientOf } from '#test/support/api-fetch.ts'
import { testApi } from '#test/support/call-api.ts'
import { POOL } from '#test/support/fake-gateway.ts'
import { impatience, memoryLog } from '#test/support/patience.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xenkeep-enrol-'))
})
afterEach(() => rm(dir, { recursive: true }))

/** The folder of a gateway, and a control plane; each `start` is a new process of it. */
const site = async () => {
  const api = await testApi()
  const { catalog, random, clock } = api.ports
  const files = {
    identityFile: join(dir, 'identity.json'),
    codeFile: join(dir, 'enrolment-code'),
    newKeyFile: join(dir, 'enrolment-key.json'),
  }
  const start = async () => {
    const identity = await loadIdentity(files.identityFile)
    return { identity, client: clientOf(api, createAuthorize({ identity, clock, ulid })) }
  }
  return {
    ...{ api, files, start },
    giveCode: async () =>
      writeFile(files.codeFile, `${(await createCode(catalog, random, clock.now())).code}\n`),
    enrolled: async (
      { identity, client }: Awaited<ReturnType<typeof start>>,
      { isRevoked = false, signal = new AbortController().signal } = {},
    ) => {
      const { identityFile, codeFile, newKeyFile } = files
      await enrol({
        ...{ client, identity, identityFile, codeFile, name: 'site A', signal },
        ...(isRevoked && { newKeyFile }),
        ...{ patience: impatience, log: memoryLog() },
      })
      return identity.gatewayId ?? ''
    },
    lease: (client: Client, gatewayId: string) =>
      client.call('lease', {
        params: { gatewayId },
        body: { instance: ulid(), freeSlots: 0, pools: [POOL] },
      }),
  }
}

it('comes back after a revocation with a key that nobody has seen', async () => {
  const { api, files, start, giveCode, enrolled, lease } = await site()
  const gateway = await start()
  await giveCode()
  const first = await enrolled(gateway)
  await lease(gateway.client, first)
  const copied = gateway.identity.privateKey
  await markRevoked(api.ports.catalog, first, api.ports.clock.now())
  await expect(lease(gateway.client, first)).rejects.toMatchObject({ code: 'GATEWAY_REVOKED' })

  await giveCode()
  const second = await enrolled(gateway, { isRevoked: true })
  expect(second).not.toBe(first)
  await lease(gateway.client, second)
  expect(gateway.identity.privateKey.x).not.toBe(copied.x)
  expect((await start()).identity).toStrictEqual(gateway.identity)
  expect(await readdir(dir)).toEqual(['identity.json'])

  const { ports } = api
  const thief = clientOf(
    api,
    createAuthorize({
      identity: { gatewayId: second, privateKey: copied },
      clock: ports.clock,
      ulid,
    }),
  )
  await expect(lease(thief, second)).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
  expect(await readFile(files.identityFile, 'utf8')).not.toContain(copied.d)
})

it('has the same new key at the next attempt, where it was killed before it knew its id', async () => {
  const { api, files, start, giveCode, enrolled } = await site()
  const gateway = await start()
  await giveCode()
  const first = await enrolled(gateway)
  await markRevoked(api.ports.catalog, first, api.ports.clock.now())
  await giveCode()

  const stopping = new AbortController()
  const answers: string[] = []
  const dying = {
    async call(name, input) {
      const answer = await gateway.client.call(name, input)
      answers.push((answer as { gatewayId: string }).gatewayId)
      stopping.abort()
      throw new Error('killed')
    },
  } satisfies Client
  await enrolled({ ...gateway, client: dying }, { isRevoked: true, signal: stopping.signal })
  expect((await stat(files.newKeyFile)).mode & 0o777).toBe(0o600)
  expect((await start()).identity.gatewayId).toBe(first)

  const second = await enrolled(await start(), { isRevoked: true })
  expect([second]).toEqual(answers)
  const { identity } = await start()
  expect((await findGateway(api.ports.catalog, second))?.publicKey).toBe(identity.privateKey.x)
})
