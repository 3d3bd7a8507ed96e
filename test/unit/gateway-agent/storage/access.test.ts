import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import type { ReplicaSettings } from '#core/contracts/settings.ts'
import { RelayedError } from '#core/errors/base.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { LeasedJob } from '#gateway-agent/control/leased-job.ts'
import { createStorageAccess } from '#gateway-agent/storage/access.ts'
import { impatience, memoryLog } from '#test/support/patience.ts'

const ADDRESS = 's3://bucket/prefix'
const NOW = Date.UTC(2026, 10, 22)
const DAY = 86_400_000
const NOON_OF_THE_HOLD = NOW + 500 * DAY

const leased = (jobId: string, spec: Partial<JobSpec>): LeasedJob =>
  ({ jobId, runId: jobId, epoch: 1, leaseUntil: 0, spec }) as LeasedJob
const context = { signal: new AbortController().signal, epoch: () => 1 }

/** @param grants whether the control plane gives credentials, or the gateway brings its own */
const setUp = ({
  grants = true,
  refuse = '',
  secondCopy,
  replica,
}: {
  grants?: boolean
  refuse?: string
  secondCopy?: ReplicaSettings
  replica?: ReplicaSettings
} = {}) => {
  const asked: { jobId?: string; epoch?: number }[] = []
  const used: string[] = []
  const lost = new Map<string, string>()
  const access = createStorageAccess({
    client: {
      call: (async (_name: string, { body }: { body: { jobId?: string } }) => {
        asked.push(body)
        if (refuse) throw refusal(refuse)
        const accessKeyId = `key of ${body.jobId ?? 'nobody'}`
        const secrets = { secretAccessKey: 's', sessionToken: 't', expires: NOW + 900_000 }
        const grant = grants && { grant: { accessKeyId, ...secrets } }
        return { repositoryId: 'r', address: ADDRESS, ...grant, ...(secondCopy && { secondCopy }) }
      }) as never,
    },
    gatewayId: () => 'g',
    openStore: async (address, session) => {
      const who = (await session?.current())?.accessKeyId ?? 'own credentials'
      const check = () => {
        const code = lost.get(who)
        if (code) throw refusal(code)
      }
      return tracing({ ...memoryObjectStore(), address }, check, what =>
        used.push(`${what} with ${who}`),
      )
    },
    openReplica: async ({ address }, session) => {
      used.push(
        `open ${address} with ${(await session?.current())?.accessKeyId ?? 'own credentials'}`,
      )
      return memoryObjectStore()
    },
    replica,
    ...{ patience: impatience, random: () => 0, clock: { now: () => NOW }, log: memoryLog() },
  })
  /** From now on everything with these credentials is refused. */
  const lose = (who: string, code: string) => lost.set(who, code)
  return { access, asked, used, lose }
}

const refusal = (code: string) =>
  new RelayedError({ code, message: 'No.', advice: 'None.', retryable: false })

const tracing = (
  store: MaintenanceStore,
  check: () => void,
  note: (what: string) => void,
): MaintenanceStore => ({
  ...store,
  put: async key => {
    check()
    note(`put ${key}`)
  },
  async *list(prefix, options) {
    check()
    yield* store.list(prefix, options)
  },
  get: async key => {
    check()
    note(`get ${key}`)
    return new Uint8Array()
  },
  retain: async key => note(`lock ${key}`),
  remove: async key => note(`remove ${key}`),
})

test('each call goes out with the rights of a job that may make it, and of none that is over', async () => {
  const { access, used } = setUp()
  const store = await access.open(ADDRESS)
  const backup = await access.enter(leased('backup', { kind: 'backup-vm' }), context)
  const restore = await access.enter(leased('restore', { kind: 'restore-vm' }), context)
  const check = await access.enter(leased('check', { kind: 'boot-check' }), context)
  await store.put('packs/a', [])
  await store.put('proofs/p/1', [])
  await store.get('packs/a')
  backup.release()
  await expect(store.put('packs/b', [])).rejects.toMatchObject({
    code: 'STORE_DENIED',
    message:
      'The object store refused to write "packs/b" in s3://bucket/prefix (no job at work may do that): permission denied.',
  })
  restore.release()
  check.release()
  await store.get('points/a')
  expect(used).toEqual([
    'put packs/a with key of backup',
    'put proofs/p/1 with key of check',
    'get packs/a with key of check',
    'get points/a with key of nobody',
  ])
})

test('what steers collection and repair is written with the rights of maintenance, be a backup newer', async () => {
  const { access, used } = setUp()
  const store = await access.open(ADDRESS)
  const { release } = await access.enter(leased('gc', { kind: 'collect-garbage' }), context)
  await access.enter(leased('backup', { kind: 'backup-vm' }), context)
  for (const key of ['gc/plan/1', 'verify/1', 'lost/1', 'meta/1']) await store.put(key, [])
  expect(used).toEqual([
    'put gc/plan/1 with key of gc',
    'put verify/1 with key of gc',
    'put lost/1 with key of gc',
    'put meta/1 with key of backup',
  ])
  release()
  for (const key of ['gc/plan/2', 'keys/00000002.scrypt', 'repo/00000002'])
    await expect(store.put(key, [])).rejects.toMatchObject({ code: 'STORE_DENIED' })
})

test('a lock is set with the rights of a job that asks for one as long and as strong', async () => {
  const { access, used } = setUp()
  const store = await access.open(ADDRESS)
  const lock = (mode: 'governance' | 'compliance', days: number) => ({ lock: { mode, days } })
  await access.enter(leased('long', { kind: 'backup-vm', ...lock('compliance', 365) }), context)
  await access.enter(leased('short', { kind: 'backup-vm', ...lock('governance', 30) }), context)
  await access.enter(leased('none', { kind: 'backup-vm' }), context)
  await store.retain('packs/a', NOW + 31 * DAY, 'governance')
  await store.retain('packs/b', NOW + 370 * DAY, 'compliance')
  expect(used).toEqual(['lock packs/a with key of short', 'lock packs/b with key of long'])
  for (const [until, mode] of [
    [NOW + 29 * DAY, 'governance'],
    [NOW + 370 * DAY, 'governance'],
    [NOW + 500 * DAY, 'compliance'],
  ] as const)
    await expect(store.retain('packs/c', until, mode)).rejects.toMatchObject({
      code: 'STORE_DENIED',
    })
})

test('held points are locked with the rights of the job for that, no further than it was made for, and by none that deletes', async () => {
  const { access, used } = setUp()
  const store = await access.open(ADDRESS)
  const until = NOON_OF_THE_HOLD
  await access.enter(leased('hold', { kind: 'lock-held-points', until } as never), context)
  await expect(store.put('points/a', [])).rejects.toMatchObject({ code: 'STORE_DENIED' })
  await expect(store.remove('packs/a', '1')).rejects.toMatchObject({ code: 'STORE_DENIED' })
  await access.enter(leased('gc', { kind: 'collect-garbage' }), context)
  await store.retain('packs/a', until, 'governance')
  expect(used).toEqual(['lock packs/a with key of hold'])
  await expect(store.retain('packs/a', until + 31 * DAY, 'governance')).rejects.toMatchObject({
    code: 'STORE_DENIED',
  })
})

test('no backup writes what boot checks found out', async () => {
  const { access } = setUp()
  const store = await access.open(ADDRESS)
  await access.enter(leased('backup', { kind: 'backup-vm' }), context)
  await expect(store.put('proofs/p/1', [])).rejects.toMatchObject({ code: 'STORE_DENIED' })
})

test.each(['EPOCH_OUTDATED', 'STORE_DENIED'])(
  'a job that has lost its session (%s) does not fail what others read and write',
  async code => {
    const { access, used, lose } = setUp()
    const store = await access.open(ADDRESS)
    await access.enter(leased('old', { kind: 'backup-vm' }), context)
    await access.enter(leased('lost', { kind: 'backup-vm' }), context)
    lose('key of lost', code)
    await store.get('packs/a')
    await store.put('packs/b', [])
    expect(await Array.fromAsync(store.list('packs/'))).toEqual([])
    expect(used).toEqual(['get packs/a with key of old', 'put packs/b with key of old'])
    lose('key of old', 'STORE_FULL')
    await expect(store.put('packs/c', [])).rejects.toMatchObject({ code: 'STORE_FULL' })
  },
)

test('a job that has lost its session, and is alone, fails by what the control plane said of it', async () => {
  const { access, lose } = setUp()
  const store = await access.open(ADDRESS)
  await access.enter(leased('lost', { kind: 'backup-vm' }), context)
  lose('key of lost', 'EPOCH_OUTDATED')
  await expect(store.get('packs/a')).rejects.toMatchObject({ code: 'EPOCH_OUTDATED' })
})

test('only a job of maintenance removes', async () => {
  const { access, used } = setUp()
  const store = await access.open(ADDRESS)
  await access.enter(leased('backup', { kind: 'backup-vm' }), context)
  await expect(store.remove('packs/a', '1')).rejects.toMatchObject({ code: 'STORE_DENIED' })
  await access.enter(leased('gc', { kind: 'collect-garbage' }), context)
  await store.remove('packs/a', '1')
  expect(used).toEqual(['remove packs/a with key of gc'])
})

test('where the control plane gives no credentials, the gateway uses its own, for everything', async () => {
  const { access, used, asked } = setUp({ grants: false })
  const store = await access.open(ADDRESS)
  const { release } = await access.enter(leased('backup', { kind: 'backup-vm' }), context)
  await store.put('packs/a', [])
  release()
  await store.get('packs/a')
  expect(used).toEqual(['put packs/a with own credentials', 'get packs/a with own credentials'])
  expect(asked).toEqual([{ jobId: 'backup', epoch: 1 }, {}])
  expect(await access.keySession(ADDRESS)).toBeUndefined()
})

test('an earlier control plane, which does not know the question, gives none either', async () => {
  const { access, used } = setUp({ refuse: 'REQUEST_INVALID' })
  await (await access.open(ADDRESS)).get('points/a')
  expect(used).toEqual(['get points/a with own credentials'])
})

test('a gateway that was revoked is told so, and does not fall back on anything', async () => {
  const { access } = setUp({ refuse: 'GATEWAY_REVOKED' })
  const store = await access.open(ADDRESS)
  await expect(store.get('points/a')).rejects.toMatchObject({ code: 'GATEWAY_REVOKED' })
  const entering = access.enter(leased('backup', { kind: 'backup-vm' }), context)
  await expect(entering).rejects.toMatchObject({ code: 'GATEWAY_REVOKED' })
})

test('a directory asks nobody', async () => {
  const { access, asked, used } = setUp()
  await (await access.open('file:/srv/backups')).get('points/a')
  expect([asked, used]).toEqual([[], ['get points/a with own credentials']])
})

const THERE = { address: 's3://copy/prefix', region: 'eu-west-1' }
const OWN = { address: 'file:/copy' }
test.each([
  ['with the session of its job', { secondCopy: THERE }, 's3://copy/prefix with key of compare'],
  [
    'with that session, whatever the settings name',
    { secondCopy: THERE, replica: OWN },
    's3://copy/prefix with key of compare',
  ],
  [
    'without a session as the settings say',
    { grants: false, secondCopy: THERE, replica: OWN },
    'file:/copy with own credentials',
  ],
  [
    'without either as the control plane says',
    { grants: false, secondCopy: THERE },
    's3://copy/prefix with own credentials',
  ],
  [
    'as the settings say where the control plane knows of none',
    { grants: false, replica: OWN },
    'file:/copy with own credentials',
  ],
])('the second copy is opened %s', async (_, given, expected) => {
  const { access, used } = setUp(given)
  const entered = await access.enter(leased('compare', { kind: 'compare-replica' }), context)
  expect(entered.address).toBe(ADDRESS)
  await entered.secondCopy?.open()
  expect(used).toEqual([`open ${expected}`])
  // No other call goes out with it.
  await (await access.open(ADDRESS)).get('points/a')
  expect(used.at(-1)).not.toContain('key of compare')
})

test('where nobody knows of a second copy the job says so, and what to do', async () => {
  const { access } = setUp({ grants: false })
  const entering = access.enter(leased('compare', { kind: 'compare-replica' }), context)
  await expect(entering).rejects.toMatchObject({
    code: 'REPLICA_UNKNOWN',
    message: expect.stringContaining('Neither the control plane nor this gateway knows'),
  })
})
