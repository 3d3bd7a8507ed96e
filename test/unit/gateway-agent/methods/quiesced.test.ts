import { afterEach, expect, test } from 'vitest'
import { holdStill } from '#gateway-agent/quiesce/hold-still.ts'
import { httpsHook } from '#gateway-agent/quiesce/https-hook.ts'
import type { Frozen } from '#gateway-agent/quiesce/provider.ts'
import { type MethodsOnPool, methodsOnPool } from '#test/support/methods-on-pool.ts'
import {
  freezes,
  type HookAnswer,
  type HookCall,
  held,
  type QuiesceHook,
  startQuiesceHook,
} from '#test/support/quiesce-hook.ts'

let site: MethodsOnPool | undefined
let server: QuiesceHook | undefined
afterEach(async () => {
  await site?.[Symbol.asyncDispose]()
  await server?.close()
  site = undefined
  server = undefined
})

const quiesced = { method: 'quiesced' } as const
const SECRET = 'a secret of the guest'

const hook = async (answers: (call: HookCall) => HookAnswer, secret = SECRET) => {
  const listening = await startQuiesceHook(answers)
  server = listening
  const pauses: number[] = []
  return {
    calls: listening.calls,
    pauses,
    provider: (pinned = listening.fingerprint) =>
      httpsHook({
        url: listening.url,
        secret: async () => secret,
        trust: async () => ({ fingerprints: [pinned] }),
        sleep: async ms => void pauses.push(ms),
      }),
  }
}

const answering =
  (freeze: HookAnswer, thaw: HookAnswer) =>
  ({ path }: HookCall) =>
    path.endsWith('/freeze') ? freeze : thaw

test('the guest is frozen, snapshotted and thawed, in this order, and the point is what the guest did', async () => {
  site = await methodsOnPool()
  let snapshotsAtThaw: string[] = []
  const { database } = site.simulated.state
  const guest = await hook(call => {
    if (call.path.endsWith('/freeze')) return freezes
    snapshotsAtThaw = [...database.all('message').values()].map(({ name }) => name)
    return held
  })
  const snapshot = await site.take(quiesced, { findProvider: () => guest.provider() })
  expect(snapshot).toMatchObject({ consistency: 'application' })
  expect(snapshot).not.toHaveProperty('weakerBecause')
  expect(snapshotsAtThaw).toStrictEqual(['VM_SNAPSHOTTED'])
  const [freeze, thaw] = guest.calls
  expect(guest.calls).toHaveLength(2)
  expect(freeze).toMatchObject({
    path: '/quiesce/freeze',
    secret: `Bearer ${SECRET}`,
    body: { vm: site.vmUuid, seconds: 10 },
  })
  expect(thaw).toMatchObject({ path: '/quiesce/thaw', body: { lease: freeze?.body.lease } })
})

test.each([
  [
    'did not hold',
    answering(freezes, { body: { held: false, why: 'the lease had run out' } }),
    'The lease had run out.',
  ],
  [
    'does not confirm',
    answering(freezes, { silent: true }),
    expect.stringContaining(
      'The guest did not confirm that it had held still (its quiesce hook could not thaw it',
    ),
  ],
])('a guest that %s makes no quiesced point', async (_, answers, weakerBecause) => {
  site = await methodsOnPool()
  const guest = await hook(answers)
  const findProvider = () => guest.provider()
  await expect(site.take(quiesced, { findProvider })).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
  })
  expect(await site.leftovers()).toStrictEqual([])
  const snapshot = await site.take({ ...quiesced, fallback: 'crash' }, { findProvider })
  expect(snapshot).toMatchObject({ consistency: 'crash', weakerBecause })
})

test('a guest that cannot freeze is thawed all the same, and the secret is in no message', async () => {
  site = await methodsOnPool()
  const guest = await hook(answering({ status: 500 }, held))
  const failure = await site.take(quiesced, { findProvider: () => guest.provider() }).then(
    () => undefined,
    error => error,
  )
  expect(failure).toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message:
      'The VM "db" could not be backed up with its applications at rest: its quiesce hook could not freeze it: it answered with status 500.',
  })
  expect(JSON.stringify([failure, failure?.cause, failure?.stack])).not.toContain(SECRET)
  expect(guest.calls.map(({ path }) => path)).toStrictEqual(['/quiesce/freeze', '/quiesce/thaw'])
  expect(site.history()).toStrictEqual([])
  expect((await site.vm()).blocked_operations).toStrictEqual({})
})

test.each([
  ['no JSON', '{"password": "hunter2-of-the-guest"'],
  ['another JSON', '{"seconds": "hunter2-of-the-guest", "consistency": "hunter2-of-the-guest"}'],
])('an answer that is %s is not quoted, since it may hold a secret', async (_, answer) => {
  site = await methodsOnPool()
  const guest = await hook(answering({ text: answer }, { text: answer }))
  const findProvider = () => guest.provider()
  const failure = await site.take(quiesced, { findProvider }).catch(error => error)
  expect(failure).toMatchObject({ code: 'METHOD_UNAVAILABLE' })
  const told: unknown[] = []
  for (let error = failure; error instanceof Error; error = error.cause)
    told.push(error.message, error.stack)
  expect(JSON.stringify(told)).toMatch(/its answer is no JSON|is not that of one/)
  expect(JSON.stringify(told)).not.toContain('hunter2')
  // A thaw that is not understood: the snapshot stays out, and nothing of the answer is told either.
  const other = await hook(answering(freezes, { text: answer }))
  const thawless = await site
    .take(quiesced, { findProvider: () => other.provider() })
    .catch(error => error)
  expect(thawless.message).toContain('the guest did not confirm that it had held still')
  expect(thawless.message).not.toContain('hunter2')
})

test('a thaw that fails is tried again after a pause, and not for ever', async () => {
  site = await methodsOnPool()
  const guest = await hook(answering(freezes, { status: 503 }))
  await expect(site.take(quiesced, { findProvider: () => guest.provider() })).rejects.toMatchObject(
    { code: 'METHOD_UNAVAILABLE' },
  )
  expect(guest.calls.map(({ path }) => path)).toStrictEqual([
    '/quiesce/freeze',
    ...Array(3).fill('/quiesce/thaw'),
  ])
  expect(guest.pauses).toStrictEqual([1_000, 2_000])
})

test('an unknown certificate gets neither secret nor request', async () => {
  site = await methodsOnPool()
  const guest = await hook(answering(freezes, held))
  await expect(
    site.take(quiesced, { findProvider: () => guest.provider('00'.repeat(32)) }),
  ).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: expect.stringContaining('is not trusted: it is not the pinned one'),
  })
  expect(guest.calls).toStrictEqual([])
})

test('a snapshot that fails thaws the guest', async () => {
  site = await methodsOnPool()
  site.fault({ kind: 'fail-call', method: 'VM.snapshot', error: ['SR_FULL', '1', '2'] })
  const guest = await hook(answering(freezes, held))
  await expect(site.take(quiesced, { findProvider: () => guest.provider() })).rejects.toMatchObject(
    { code: 'SR_FULL' },
  )
  expect(guest.calls.map(({ path }) => path)).toStrictEqual(['/quiesce/freeze', '/quiesce/thaw'])
})

test('the watchdog thaws a guest whose time is over, whatever the snapshot is at, and the freeze counts as not held', async () => {
  const thaws: number[] = []
  const frozen: Frozen = {
    consistency: 'application',
    seconds: 0.05,
    async thaw() {
      thaws.push(1)
      return { held: true }
    },
  }
  const request = { vm: { uuid: '', name: '' }, seconds: 1, signal: new AbortController().signal }
  const guest = holdStill({ freeze: async () => frozen }, request)
  const { promise: thawed, resolve } = Promise.withResolvers<void>()
  const { thaw } = frozen
  frozen.thaw = () => thaw().finally(resolve)
  await guest.around(() => thawed)
  expect(thaws).toHaveLength(1)
  expect(guest.verdict()).toStrictEqual({
    held: false,
    why: 'the snapshot was not confirmed within the 0.05 s that the guest holds still',
  })
})

test('without a hook XAPI freezes where it still can', async () => {
  site = await methodsOnPool({ release: '8.0' })
  await site.guest({ vss: 'works' })
  expect(await site.take(quiesced)).toMatchObject({ consistency: 'application' })
})

test.each([
  ['absent', 'VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED'],
  ['silent', 'VM_SNAPSHOT_WITH_QUIESCE_PLUGIN_DEOS_NOT_RESPOND'],
  ['fails', 'VM_SNAPSHOT_WITH_QUIESCE_FAILED'],
  ['times-out', 'VM_SNAPSHOT_WITH_QUIESCE_TIMEOUT'],
] as const)('shadow copies that are %s fall back by policy', async (vss, code) => {
  site = await methodsOnPool({ release: '7.1' })
  await site.guest({ vss })
  await expect(site.take(quiesced)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: expect.stringContaining(`XenServer could not bring the guest to rest (${code})`),
  })
  expect(await site.take({ ...quiesced, fallback: 'crash' })).toMatchObject({
    consistency: 'crash',
    weakerBecause: `XenServer could not bring the guest to rest (${code}).`,
  })
})

test('a release that removed quiesced snapshots says so', async () => {
  site = await methodsOnPool({ release: '8.2' })
  await expect(site.take(quiesced)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: expect.stringContaining(
      'no quiesce hook is set up for it, and this release of XenServer does not offer quiesced snapshots',
    ),
  })
})

test('a halted VM is at rest, and a paused one cannot come to rest', async () => {
  site = await methodsOnPool({ running: false })
  expect(await site.take(quiesced)).toMatchObject({ consistency: 'offline' })
  site.simulated.state.database.update('VM', site.vmRef, { power_state: 'Paused' })
  await expect(site.take(quiesced)).rejects.toMatchObject({
    code: 'METHOD_UNAVAILABLE',
    message: expect.stringContaining(
      'it is paused, and only a running guest can bring itself to rest',
    ),
  })
})
