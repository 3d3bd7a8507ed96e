import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ulid } from 'ulid'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { Client } from '#core/contracts/client.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import { FORMER_KEY_MS } from '#core/gateways/key-change.ts'
import { createAuthorize } from '#gateway-agent/control/authorize.ts'
import { loadIdentity, newKey, saveIdentity } from '#gateway-agent/control/identity.ts'
import {
  changeKey,
  haveKeyTakenAgain,
  type KeyChangeHost,
  keyChangeChore,
} from '#gateway-agent/control/key-change.ts'
import { clientOf } from '#test/support/api-fetch.ts'
import { testApi } from '#test/support/call-api.ts'
import { POOL } from '#test/support/fake-gateway.ts'
import { impatience, memoryLog, until } from '#test/support/patience.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'xenkeep-key-'))
})
afterEach(() => rm(dir, { recursive: true }))

const ID = '01J000000000000000000000GW'
type Key = Parameters<KeyChangeHost['clientWith']>[0]

/** A gateway on disk that a control plane knows; each `start` is a new process of it. */
const site = async () => {
  const first = { gatewayId: ID, privateKey: await newKey() }
  const api = await testApi({}, { gatewayId: ID, privateKey: first.privateKey })
  const value: Gateway = {
    ...{ gatewayId: ID, name: 'site A', publicKey: first.privateKey.x },
    ...{ enrolled: api.ports.clock.now(), pools: [] },
  }
  const expectAbsent = { kind: 'put' as const, expect: 'absent' as const }
  await api.ports.catalog.write([{ ...expectAbsent, key: keys.gateway(ID), value }])
  const [identityFile, changeFile] = [join(dir, 'identity.json'), join(dir, 'key-change.json')]
  await saveIdentity(identityFile, first)

  const clientWith = (privateKey: Key): Client =>
    clientOf(
      api,
      createAuthorize({ identity: { gatewayId: ID, privateKey }, clock: api.ports.clock, ulid }),
    )
  const start = async (wrap = (client: Client) => client): Promise<KeyChangeHost> => ({
    ...{ identity: await loadIdentity(identityFile), identityFile, changeFile, log: memoryLog() },
    clientWith: key => wrap(clientWith(key)),
  })
  const lease = (key: Key) =>
    clientWith(key).call('lease', {
      params: { gatewayId: ID },
      body: { instance: ulid(), freeSlots: 0, pools: [POOL] },
    })
  const known = async () => (await api.ports.catalog.get<Gateway>(keys.gateway(ID)))?.value
  return { api, first, start, lease, known, clientWith, identityFile, changeFile }
}

it('signs with a new key, which the control plane takes and knows since when', async () => {
  const { api, first, start, lease, known, identityFile, changeFile } = await site()
  api.wait(5_000)
  const host = await start()
  await changeKey(host)
  const { x } = host.identity.privateKey
  expect(x).not.toBe(first.privateKey.x)
  expect((await known())?.publicKey).toBe(x)
  expect(await loadIdentity(identityFile)).toStrictEqual(host.identity)
  expect((await stat(changeFile)).mode & 0o777).toBe(0o600)
  await lease(host.identity.privateKey)
  const { json } = await api.asPerson('GET', '/v1/gateways')
  expect(json.items).toMatchObject([{ keySince: api.ports.clock.now() }])
  // The next change begins from there.
  await changeKey(host)
  expect((await known())?.publicKey).toBe(host.identity.privateKey.x)
  expect(host.identity.privateKey.x).not.toBe(x)
})

const KILLED = new Error('killed')

/** The process dies before or after its n-th call: everything that is on disk by then stays, nothing more comes. */
const dyingAt = (at: number, when: 'before' | 'after') => {
  let calls = 0
  return (client: Client): Client => ({
    async call(name, input) {
      const dies = ++calls === at
      if (dies && when === 'before') throw KILLED
      const answered = await client.call(name, input).then(
        reply => () => reply,
        error => () => {
          throw error
        },
      )
      if (dies) throw KILLED
      return answered() as never
    },
  })
}

it.each(
  [1, 2, 3].flatMap(at =>
    (['before', 'after'] as const).flatMap(when => [
      { at, when, away: 0 },
      { at, when, away: FORMER_KEY_MS + 1 },
    ]),
  ),
)('ends the change after it was killed $when call $at and was away for $away ms', async killed => {
  const { api, first, start, lease, known } = await site()
  await expect(changeKey(await start(dyingAt(killed.at, killed.when)))).rejects.toBe(KILLED)
  // Whatever was begun: calls of that moment are taken.
  await lease((await start()).identity.privateKey)

  api.wait(killed.away)
  const host = await start()
  const chore = keyChangeChore({ ...host, patience: impatience })
  const stopping = new AbortController()
  const running = chore.run(stopping.signal)
  await until('the change is over', () => host.identity.privateKey.x !== first.privateKey.x)
  stopping.abort()
  await running
  await lease(host.identity.privateKey)
  expect(await known()).toMatchObject({ publicKey: host.identity.privateKey.x })
  expect((await known())?.nextKey).toBeUndefined()
  api.wait(FORMER_KEY_MS + 1)
  await expect(lease(first.privateKey)).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
  await lease((await start()).identity.privateKey)
})

it('has its key taken again where the catalog is that of before the change', async () => {
  const { api, start, lease, known } = await site()
  const before = await known()
  const host = await start()
  await changeKey(host)
  const at = await api.ports.catalog.get(keys.gateway(ID))
  await api.ports.catalog.write([
    { kind: 'put', key: keys.gateway(ID), value: before, expect: { version: at?.version ?? 0 } },
  ])
  await expect(lease(host.identity.privateKey)).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
  expect(await haveKeyTakenAgain(await start())).toBe(true)
  await lease(host.identity.privateKey)
})

it('says what may have happened when somebody else has changed the key', async () => {
  const { start, clientWith, lease, changeFile } = await site()
  const host = await start()
  await changeKey(host)
  // Whoever copied the key of today makes it his own.
  const copy = { ...(await start()), changeFile: `${changeFile}.copy`, clientWith }
  await changeKey({ ...copy, identityFile: join(dir, 'elsewhere.json') })
  await lease(host.identity.privateKey) // under way, as it were
  await expect(haveKeyTakenAgain(host)).rejects.toMatchObject({
    code: 'GATEWAY_KEY_REFUSED',
    message: 'The control plane takes neither the key of this gateway nor the one before.',
  })
})

it('does not go on where it cannot read what it began', async () => {
  const { start, changeFile } = await site()

  await writeFile(changeFile, '{"from":')
  await expect(changeKey(await start())).rejects.toMatchObject({
    code: 'KEY_CHANGE_UNREADABLE',
    message: `What this gateway noted of the last change of its key cannot be read from ${changeFile}.`,
  })
  expect(await readFile(changeFile, 'utf8')).toBe('{"from":')
})
