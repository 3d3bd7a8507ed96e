import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import type { Client } from '#core/contracts/client.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { RouteUnknownError } from '#core/errors/request.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import { replicaChore } from '#gateway-agent/housekeeping.ts'
import { openReplica } from '#gateway-agent/storage/open-replica.ts'
import { gatewayClient } from '#test/support/api-client.ts'
import { testApi } from '#test/support/call-api.ts'
import { pointOf } from '#test/support/fake-gateway.ts'
import { memoryLog, until } from '#test/support/patience.ts'
import { backUp, newRepository, VM } from '#test/support/repository/open.ts'

const THREE = Date.UTC(2026, 10, 23, 3)

const made: string[] = []
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true })
})

/** Two points in a directory and in a catalog, and the gateway's chore over a second directory. */
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
  const log = memoryLog()
  const address = `file:${there}`
  /** One turn of the chore. */
  const compare = async (
    changes: {
      client?: Client
      openReplica?: Parameters<typeof replicaChore>[0]['openReplica']
    } = {},
  ) => {
    const stopping = new AbortController()
    const pauses: number[] = []
    const chore = replicaChore({
      client,
      repositories: { open: async () => repository },
      address: `file:${here}`,
      replica: { address, region: 'eu-west-1' },
      openReplica: () => openReplica({ address }),
      clock: { now: () => THREE },
      patience: {
        wait: async ms => {
          pauses.push(ms)
          stopping.abort()
        },
      },
      log,
      ...changes,
    })
    await chore.run(stopping.signal)
    return pauses
  }
  const listed = async () => {
    const { json } = await api.asPerson('GET', '/v1/points')
    return new Map((json.items as ListedPoint[]).map(one => [one.pointId, one.replicated]))
  }
  return { api, here, there, makePoint, compare, listed, log }
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

  expect(await compare()).toEqual([6 * 3_600_000])
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
  expect(json.replica).toMatchObject({ compared: { points: 3, restorable: 1, asOf: THREE } })
})

test('a copy without key slots is one that nothing can be restored from', async () => {
  const { here, there, makePoint, compare, listed } = await world()
  const { id } = await makePoint()
  await cp(here, there, { recursive: true })
  await rm(join(there, 'keys'), { recursive: true })
  await compare()
  expect((await listed()).get(id)?.text).toMatch(/^NOT in eu-west-1: nothing can be opened there/)
})

test('a copy that does not answer is told as such, what was seen before stays, and it is tried again sooner', async () => {
  const { api, here, there, makePoint, compare, listed, log } = await world()
  const { id } = await makePoint()
  await cp(here, there, { recursive: true })
  await compare()
  const away = () => Promise.reject(new StoreUnavailableError('list'))
  expect(await compare({ openReplica: away })).toEqual([15 * 60_000])
  expect((await listed()).get(id)?.state).toBe('restorable')
  const { json } = await api.asPerson('GET', '/v1/repository')
  const message = new StoreUnavailableError('list').message
  expect(json.replica).toMatchObject({ compared: { asOf: THREE }, trouble: { at: THREE, message } })
  await until('it is logged', () => log.lines.some(line => line.includes('STORE_UNAVAILABLE')))
})

test('a control plane of an earlier version is not asked again and again', async () => {
  const { here, there, makePoint, compare, log } = await world()
  await makePoint()
  await cp(here, there, { recursive: true })
  const call = () => Promise.reject(new RouteUnknownError('/v1/x'))
  expect(await compare({ client: { call } as never })).toEqual([6 * 3_600_000])
  expect(log.lines.filter(line => line.includes('did not succeed'))).toEqual([])
})
