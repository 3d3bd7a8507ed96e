import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#adapters/system/clock.ts'
import type { Client } from '#core/contracts/client.ts'
import type { GuestAnswer, GuestCommand } from '#core/contracts/guest-api.ts'
import { realPatience } from '#gateway-agent/control/patience.ts'
import { guestAgents } from '#gateway-agent/quiesce/guest-agents.ts'
import { createGuestDesk, type DeskPatience } from '#gateway-agent/quiesce/guest-desk.ts'
import { openGuestDoor } from '#gateway-agent/quiesce/guest-door.ts'
import { guestKeys } from '#gateway-agent/quiesce/guest-keys.ts'
import { guestCaller } from '#gateway-agent/quiesce/guest-token.ts'
import { guestAgent } from '#test/support/guest-agent.ts'
import { type MethodsOnPool, methodsOnPool } from '#test/support/methods-on-pool.ts'
import { impatience, memoryLog, until } from '#test/support/patience.ts'
import { selfSigned } from '#test/support/self-signed.ts'

const quiesced = { method: 'quiesced' } as const
const VM = { uuid: 'b0cb8b2e-8c5b-4f0e-9a53-0d8f4e5a3a11', name: 'db' }
const SIGNAL = new AbortController().signal
const freeze = { vm: VM, seconds: 10, signal: SIGNAL }

const nobody = {
  call: async () => {
    throw new Error('nobody asks')
  },
}

const ending: (() => Promise<unknown>)[] = []
let site: MethodsOnPool | undefined
let stop = new AbortController()
beforeEach(() => {
  stop = new AbortController()
})
afterEach(async () => {
  stop.abort()
  for (const end of ending.splice(0).reverse()) await end()
  await site?.[Symbol.asyncDispose]()
  site = undefined
})

/** A gateway's door for the guest `db`, and an agent that may call there. */
const door = async (patience: Partial<DeskPatience> = {}, wait?: number) => {
  const { cert, key } = await selfSigned('gateway')
  const agent = await guestAgent()
  const desk = createGuestDesk({ fetch: 20_000, freeze: 20_000, thaw: 20_000, ...patience })
  const clock = { now: () => Date.now() }
  const known = [{ vm: 'db', publicKey: agent.publicKey }]
  const caller = guestCaller(await guestKeys(known, { clock, log: memoryLog() }), clock)
  const listen = { host: '127.0.0.1', port: 0 }
  const { port, close } = await openGuestDoor({
    ...{ listen, tls: { cert, key }, caller, desk },
    ...(wait !== undefined && { wait }),
  })
  ending.push(close)
  return {
    agent,
    desk,
    provider: desk.provider('db'),
    ...agent.callsTo(port, cert, stop.signal),
    port,
    cert,
  }
}

/** Does what it is asked until the test ends. @returns what it was asked */
const obey = (
  { next, answer }: Pick<Awaited<ReturnType<typeof door>>, 'next' | 'answer'>,
  does: (command: GuestCommand) => GuestAnswer | undefined,
): GuestCommand[] => {
  const asked: GuestCommand[] = []
  const work = async () => {
    while (!stop.signal.aborted) {
      const command = await next()
      if (!command) continue
      asked.push(command)
      const told = does(command)
      if (told) await answer(told)
    }
  }
  ending.push(() => working)
  const working = work().catch(error => {
    if (!stop.signal.aborted) throw error
  })
  return asked
}

const good = ({ command, lease }: GuestCommand): GuestAnswer =>
  command === 'freeze'
    ? { to: 'freeze', lease, frozen: true, seconds: 10, consistency: 'application' }
    : { to: 'thaw', lease, held: true }

test('a guest is frozen by its agent, snapshotted and thawed, in this order', async () => {
  site = await methodsOnPool()
  const { database } = site.simulated.state
  const at = await door()
  let messagesAtThaw: string[] = []
  const asked = obey(at, command => {
    if (command.command === 'thaw')
      messagesAtThaw = [...database.all('message').values()].map(({ name }) => name)
    return good(command)
  })
  const snapshot = await site.take(quiesced, { findProvider: () => at.provider })
  expect(snapshot).toMatchObject({ consistency: 'application' })
  expect(asked.map(({ command }) => command)).toEqual(['freeze', 'thaw'])
  expect(new Set(asked.map(({ lease }) => lease)).size).toBe(1)
  expect(messagesAtThaw).toContain('VM_SNAPSHOTTED')
})

test('a guest that did not hold still makes a crash-consistent point where that is allowed, and is quoted', async () => {
  site = await methodsOnPool()
  const at = await door()
  const why = 'the watchdog thawed it'
  obey(at, command =>
    command.command === 'freeze'
      ? good(command)
      : { to: 'thaw', lease: command.lease, held: false, why },
  )
  const snapshot = await site.take(
    { ...quiesced, fallback: 'crash' },
    { findProvider: () => at.provider },
  )
  expect(snapshot).toMatchObject({ consistency: 'crash' })
  expect(snapshot.weakerBecause).toBe('The watchdog thawed it.')
})

test('an agent that refuses is quoted, and nobody asks it to thaw', async () => {
  const at = await door()
  const asked = obey(at, ({ lease }) => ({
    to: 'freeze',
    lease,
    frozen: false,
    why: 'no recipe allows it',
  }))
  await expect(at.provider.freeze(freeze)).rejects.toThrow(
    'its guest agent did not freeze it: no recipe allows it',
  )
  expect(asked.map(({ command }) => command)).toEqual(['freeze'])
})

test('an agent that does not call is not waited for without end', async () => {
  const { provider } = await door({ fetch: 30 })
  await expect(provider.freeze(freeze)).rejects.toThrow('its guest agent has not called for 0 s')
})

test('a freeze whose answer is lost is thawed all the same', async () => {
  const at = await door({ freeze: -9_950 }) // with the 10 s that it may hold: 50 ms
  const thawed = Promise.withResolvers<GuestCommand>()
  const asked = obey(at, command => {
    if (command.command === 'freeze') return undefined
    thawed.resolve(command)
    return good(command)
  })
  await expect(at.provider.freeze(freeze)).rejects.toThrow('did not answer within')
  expect((await thawed.promise).lease).toBe(asked[0]?.lease)
})

test('a cancelled job ends the wait at once, and the guest is asked to thaw', async () => {
  const at = await door()
  const cancel = new AbortController()
  const freezing = at.provider.freeze({ ...freeze, signal: cancel.signal })
  const first = await at.next()
  cancel.abort(new Error('cancelled'))
  await expect(freezing).rejects.toThrow('cancelled')
  expect(await at.next()).toEqual({ command: 'thaw', lease: first?.lease })
})

test('a command whose reply was lost is given again until it is answered', async () => {
  const at = await door()
  const freezing = at.provider.freeze(freeze)
  const first = (await at.next()) as GuestCommand
  expect(await at.next()).toEqual(first)
  await at.answer(good(first))
  expect(await freezing).toMatchObject({ consistency: 'application', seconds: 10 })
  // Told twice, and by then nobody waits for it.
  expect(await at.answer(good(first))).toMatchObject({ status: 204 })
})

test('a call that has waited for long gets no command, and one that is made anew takes the place of the former', async () => {
  const short = await door({}, 20)
  expect(await short.next()).toBeUndefined()
  const at = await door()
  const former = at.next()
  // It waits: it is woken only by the next one, so that this cannot pass before it has come.
  const freezing = former.then(() => at.provider.freeze(freeze))
  const later = (async () => {
    for (;;) {
      const command = await at.next()
      if (command) return command
    }
  })()
  const command = await later
  expect(await former).toBeUndefined()
  await at.answer(good(command))
  await freezing
})

test('who calls is proven, for this very call, once', async () => {
  const at = await door({}, 20)
  const path = '/v1/guest/next'
  const refused = async (token: string, to = path) => {
    const { status, body } = await at.call(to, {}, token)
    expect(status).toBe(401)
    return (body as { code: string }).code
  }
  const stranger = await guestAgent()
  expect(await refused(await stranger.sign(path))).toBe('TOKEN_INVALID')
  expect(await refused(await at.agent.sign('/v1/guest/answers'))).toBe('TOKEN_INVALID')
  expect(await refused('a.b.c')).toBe('TOKEN_INVALID')
  const [head, , signature] = (await stranger.sign(path)).split('.')
  const [, claims] = (await at.agent.sign(path)).split('.')
  expect(await refused(`${head}.${claims}.${signature}`)).toBe('TOKEN_INVALID')
  expect(await refused(await at.agent.sign(path, { at: Date.now() - 3_600_000 }))).toBe(
    'CLOCK_SKEW',
  )
  const token = await at.agent.sign(path)
  expect((await at.call(path, {}, token)).status).toBe(204)
  expect(await refused(token)).toBe('TOKEN_REPLAYED')
})

test('a guest that calls without end is refused, and keeps no other waiting', async () => {
  const [flooding, other] = [await guestAgent(), await guestAgent()]
  const known = [
    { vm: 'db', publicKey: flooding.publicKey },
    { vm: 'web', publicKey: other.publicKey },
  ]
  let now = 1_790_000_000_000
  const clock = { now: () => now }
  const caller = guestCaller(await guestKeys(known, { clock, log: memoryLog() }), clock)
  const path = '/v1/guest/next'
  const call = async (agent: typeof other) =>
    caller(`Bearer ${await agent.sign(path, { at: now })}`, { method: 'POST', path })
  for (let made = 0; made < 500; made++) await call(flooding)
  await expect(call(flooding)).rejects.toThrow('more calls than a guest has to make')
  expect(await call(other)).toBe('web')
  now += 200_000
  expect(await call(flooding)).toBe('db')
})

test('a guest that was revoked is not asked to hold still, and one that changed its key is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guests-'))
  ending.push(async () => rmSync(folder, { recursive: true, force: true }))
  const { cert, key } = await selfSigned('gateway')
  writeFileSync(join(folder, 'door.pem'), cert)
  writeFileSync(join(folder, 'door.key'), key)
  const { publicKey } = await guestAgent()
  let guests = [{ vmUuid: VM.uuid, publicKeys: [publicKey] }]
  let now = 0
  const client = { call: async () => ({ guests }) } as unknown as Pick<Client, 'call'>
  const log = memoryLog()
  const agents = await guestAgents(
    folder,
    {
      ...{ host: '127.0.0.1', port: 0, certificateFile: 'door.pem', keyFile: 'door.key' },
      ...{ guests: [], enrolled: 'on' },
    },
    { client, gatewayId: () => 'x', clock: { now: () => now }, patience: realPatience, log },
  )
  ending.push(agents.close)
  void agents.run(stop.signal)
  await until('who is enrolled is known', () => agents.find(VM) !== undefined)
  const provider = agents.find(VM)
  guests = []
  now += 1_000
  await expect(provider?.freeze(freeze)).rejects.toThrow('the agent in it was revoked')
  expect(agents.find(VM)).toBeUndefined()
})

test('what is no answer, too long or no call of this door is refused with a code', async () => {
  const at = await door()
  const path = '/v1/guest/answers'
  const code = async (to: string, body: unknown) => {
    const answered = await at.call(to, body)
    return [answered.status, (answered.body as { code?: string } | undefined)?.code]
  }
  expect(await code(path, { to: 'freeze', lease: 'x', frozen: true })).toEqual([
    400,
    'REQUEST_INVALID',
  ])
  expect(await code(path, '{"secret')).toEqual([400, 'REQUEST_INVALID'])
  expect(await code(path, 'x'.repeat(17_000))).toEqual([413, 'BODY_TOO_LARGE'])
  expect(await code('/v1/guest/else', {})).toEqual([404, 'ROUTE_UNKNOWN'])
})

test('the settings say who may call and where; a gateway that cannot listen there says so and goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guests-'))
  ending.push(async () => rmSync(folder, { recursive: true, force: true }))
  const { cert, key } = await selfSigned('gateway')
  writeFileSync(join(folder, 'door.pem'), cert)
  writeFileSync(join(folder, 'door.key'), key)
  const { publicKey } = await guestAgent()
  const files = { certificateFile: 'door.pem', keyFile: 'door.key' }
  const settings = {
    host: '127.0.0.1',
    port: 0,
    ...files,
    guests: [{ vm: 'db', publicKey }],
    enrolled: 'off' as const,
  }
  const log = memoryLog()
  const open = async (of: typeof settings) => {
    const agents = await guestAgents(folder, of, {
      ...{ client: nobody, gatewayId: () => '', clock: systemClock, patience: impatience, log },
    })
    ending.push(agents.close)
    return agents
  }
  const agents = await open(settings)
  expect(log.lines).toEqual([])
  expect(agents.find(VM)).toBeDefined()
  expect(agents.find({ ...VM, name: 'other' })).toBeUndefined()
  const byUuid = { ...settings, guests: [{ vm: VM.uuid, publicKey }] }
  expect((await open(byUuid)).find({ ...VM, name: 'other' })).toBeDefined()
  await open({ ...settings, keyFile: 'missing' })
  expect(log.lines.join()).toContain(
    'Guest agents cannot call: the gateway does not listen on 127.0.0.1:0',
  )
})

test('guests that were enrolled for VMs of its pools may call, too, by the keys of now; those of the settings count first', async () => {
  const [named, enrolled, renewed] = [await guestAgent(), await guestAgent(), await guestAgent()]
  const other = { ...VM, uuid: '5a0cf6d5-6f0a-4f43-8c52-8a0c3d1f9e20', name: 'web' }
  let now = 0
  let answer = [
    { vmUuid: VM.uuid, publicKeys: [renewed.publicKey] },
    { vmUuid: other.uuid, publicKeys: [enrolled.publicKey] },
  ]
  let asked = 0
  const keys = await guestKeys([{ vm: VM.uuid, publicKey: named.publicKey }], {
    ask: async () => {
      asked++
      return answer
    },
    ...{ clock: { now: () => now }, log: memoryLog() },
  })
  const vmOf = async (publicKey: string) =>
    (await keys.find(await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: publicKey })))
      ?.vm
  expect(await vmOf(enrolled.publicKey)).toBe(other.uuid)
  expect(asked).toBe(1)
  expect(keys.nameOf(other)).toBe(other.uuid)
  // Not for the VM that the settings name, whatever the control plane says.
  expect(await vmOf(named.publicKey)).toBe(VM.uuid)
  now += 1_000
  expect(await vmOf(renewed.publicKey)).toBeUndefined()
  expect(asked).toBe(1)
  // A key that was changed is asked about, and its former one ends; whoever was revoked is let in no more.
  answer = [{ vmUuid: other.uuid, publicKeys: [renewed.publicKey] }]
  now += 2_000
  expect(await vmOf(renewed.publicKey)).toBe(other.uuid)
  expect(await vmOf(enrolled.publicKey)).toBeUndefined()
  answer = []
  await keys.refresh()
  expect(await vmOf(renewed.publicKey)).toBeUndefined()
  expect(keys.nameOf(other)).toBeUndefined()
})
