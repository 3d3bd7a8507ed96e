import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import type { Client } from '#core/contracts/client.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { RouteUnknownError } from '#core/errors/request.ts'
import { StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import { ControlPlaneUnreachableError } from '#core/errors/wire.ts'
import type { JobContext } from '#gateway-agent/control/leased-job.ts'
import { tellReplicated } from '#gateway-agent/jobs/compare-replica.ts'
import { maintain } from '#gateway-agent/jobs/maintenance/maintain.ts'
import { openReplica } from '#gateway-agent/storage/open-replica.ts'
import type { SecondCopy } from '#gateway-agent/storage/second-copy.ts'
import { gatewayClient } from '#test/support/api-client.ts'
import { testApi } from '#test/support/call-api.ts'
import { pointOf } from '#test/support/fake-gateway.ts'
import { testContext } from '#test/support/job-context.ts'
import { impatience, memoryLog } from '#test/support/patience.ts'
import { backUp, newRepository, VM } from '#test/support/repository/open.ts'

const THREE = Date.UTC(2026, 10, 23, 3)

const made: string[] = []
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** Two points in a directory and in a catalog, and the gateway's job over a second directory. */
const world = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-replica-'))
  made.push(folder)
  const [here, there] = [join(folder, 'repository'), join(folder, 'copy')]
  const api = await testApi()
  const { repository, random, jobId } = await newRepository(await openDirectoryStore(here))
  const calls = gatewayClient(api)
  const client: Client = {
    async call(name, given) {
      const reply = await calls.call(name, given)
      expect(reply, name).toEqual({ accepted: true })
      return reply
    },
  }
  const makePoint = async () => {
    const disks = [{ diskId: 'a', image: random.bytes(64 * 1024) }]
    const { point } = await backUp(repository, { jobId: jobId(), disks })
    const entered = {
      ...pointOf(point.id, { vmUuid: VM, vmName: 'web', poolUuid: VM }),
      repositoryId: repository.id,
    }
    const params = { repositoryId: repository.id }
    await client.call('putPoints', { params, body: { points: [entered] } })
    return point
  }
  const address = `file:${there}`
  /** One job. */
  const compare = async (
    changes: Partial<SecondCopy> = {},
    {
      call = client.call,
      context = testContext().context,
    }: { call?: Client['call']; context?: JobContext } = {},
  ) => {
    const secondCopy = { place: 'eu-west-1', address, open: () => openReplica({ address }) }
    const { outcome } = await maintain(
      { kind: 'compare-replica' },
      {
        ...{ jobId: jobId(), repository, context },
        tellReplicated: tellReplicated(
          { client: { call }, patience: impatience, random: () => 0 },
          context.signal,
        ),
        secondCopy: { ...secondCopy, ...changes },
        openStore: () => expect.unreachable(),
        confirm: () => expect.unreachable(),
        confirmHeld: () => expect.unreachable(),
        clock: { now: () => THREE },
        log: memoryLog(),
      },
    )
    return outcome
  }
  const listed = async () => {
    const { json } = await api.asPerson('GET', '/v1/points')
    return new Map((json.items as ListedPoint[]).map(one => [one.pointId, one.replicated]))
  }
  return { api, client, here, there, makePoint, compare, listed }
}

/** Every file of a store under a folder of names. */
const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

test('what the copy in a second directory lacks is told of the point that needs it, and of no other', async () => {
  const { here, there, makePoint, compare, listed, api } = await world()
  const first = await makePoint()
  const before = new Set(await filesIn(join(here, 'packs')))
  const second = await makePoint()
  await cp(here, there, { recursive: true })
  const packsOfSecond = (await filesIn(join(here, 'packs'))).filter(file => !before.has(file))
  expect(packsOfSecond.length).toBeGreaterThan(0)
  expect((await listed()).get(first.id)).toBeUndefined()

  expect(await compare()).toEqual({
    status: 'replica-compared',
    report: { place: 'eu-west-1', at: THREE, points: 2, restorable: 2, lag: 0 },
  })
  expect((await listed()).get(second.id)?.text).toBe('also in eu-west-1 as of 2026-11-23 03:00 UTC')

  for (const pack of packsOfSecond) await rm(pack.replace(here, there))
  const third = await makePoint()
  await compare()
  const states = await listed()
  expect(states.get(first.id)?.state).toBe('restorable')
  expect(states.get(second.id)).toMatchObject({
    state: 'incomplete',
    missing: packsOfSecond.length,
  })
  expect(states.get(second.id)?.text).toContain('not yet in eu-west-1: ')
  expect(states.get(third.id)?.state).toBe('absent')

  const fourth = await makePoint()
  expect((await listed()).get(fourth.id)?.text).toBe('never compared with eu-west-1')
  const { json } = await api.asPerson('GET', '/v1/repository')
  expect(json.replica).toMatchObject({
    compared: { points: 3, restorable: 1, asOf: THREE, lag: expect.any(Number) },
  })
})

test('a copy without key slots is one that nothing can be restored from', async () => {
  const { here, there, makePoint, compare, listed } = await world()
  const { id } = await makePoint()
  await cp(here, there, { recursive: true })
  await rm(join(there, 'keys'), { recursive: true })
  expect(await compare()).toMatchObject({
    report: { restorable: 0, shut: expect.stringContaining('None of the key slots') },
  })
  expect((await listed()).get(id)?.text).toMatch(/^NOT in eu-west-1: nothing can be opened there/)
})

test('a copy that does not answer is told as such, what was seen before stays, and the job fails with the reason', async () => {
  const { api, here, there, makePoint, compare, listed } = await world()
  const { id } = await makePoint()
  await cp(here, there, { recursive: true })
  await compare()
  const away = new StoreUnavailableError('list')
  await expect(compare({ open: () => Promise.reject(away) })).rejects.toBe(away)
  expect((await listed()).get(id)?.state).toBe('restorable')
  const { json } = await api.asPerson('GET', '/v1/repository')
  const { message } = away
  expect(json.replica).toMatchObject({ compared: { asOf: THREE }, trouble: { at: THREE, message } })
})

test.each([
  ['list', 'STORE_DENIED'],
  ['get', 'STORE_DENIED'],
])('a copy in which %s is denied in the middle promises nothing', async (method, code) => {
  const { api, here, there, makePoint, compare, listed } = await world()
  const { id } = await makePoint()
  await cp(here, there, { recursive: true })
  const open = async () => {
    const store = await openReplica({ address: `file:${there}` })
    let calls = 0
    const denied = () => {
      if (calls++ > 0) throw new StoreDeniedError(`${method} in the copy`)
    }
    return {
      ...store,
      ...(method === 'get'
        ? {
            get: (...args: Parameters<typeof store.get>) => {
              denied()
              return store.get(...args)
            },
          }
        : {
            async *list(...args: Parameters<typeof store.list>) {
              denied()
              yield* store.list(...args)
            },
          }),
    }
  }
  await expect(compare({ open })).rejects.toMatchObject({ code })
  expect((await listed()).get(id)?.text).toBe('never compared with eu-west-1')
  const { json } = await api.asPerson('GET', '/v1/repository')
  expect(json.replica).not.toHaveProperty('compared')
  expect(json.replica).toMatchObject({ trouble: { message: expect.stringContaining('refused') } })
})

test('a control plane that is away for a moment is waited for, and told all; one that refuses fails the job', async () => {
  const { client, here, there, makePoint, compare, listed } = await world()
  const { id } = await makePoint()
  await cp(here, there, { recursive: true })
  let away = 3
  const call: Client['call'] = (...args) => {
    if (away-- > 0) throw new ControlPlaneUnreachableError('http://away')
    return client.call(...args)
  }
  expect(await compare({}, { call })).toMatchObject({ report: { restorable: 1 } })
  expect((await listed()).get(id)?.state).toBe('restorable')
  const refusing = () => Promise.reject(new RouteUnknownError('/v1/x'))
  await expect(compare({}, { call: refusing })).rejects.toMatchObject({ code: 'ROUTE_UNKNOWN' })
})

test('it only reads the copy, and leaves the repository alone', async () => {
  const { here, there, makePoint, compare } = await world()
  await makePoint()
  await cp(here, there, { recursive: true })
  const before = [await filesIn(here), await filesIn(there)]
  const open = async () => {
    const refuse = () => expect.unreachable()
    const store = await openReplica({ address: `file:${there}` })
    return { ...store, put: refuse, remove: refuse, retain: refuse, supersede: refuse }
  }
  expect(await compare({ open })).toMatchObject({ report: { restorable: 1 } })
  expect([await filesIn(here), await filesIn(there)]).toEqual(before)
})

test('a job that is taken away tells nothing any more', async () => {
  const { here, there, makePoint, compare, listed } = await world()
  const { id } = await makePoint()
  await cp(here, there, { recursive: true })
  const { context, abort } = testContext()
  const open = async () => {
    abort(new Error('the job is over'))
    return openReplica({ address: `file:${there}` })
  }
  await expect(compare({ open }, { context })).rejects.toThrow('the job is over')
  expect((await listed()).get(id)).toBeUndefined()
})
