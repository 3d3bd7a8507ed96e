import { ulid } from 'ulid'
import { describe, expect, test } from 'vitest'
import { finishJob, newJob } from '#core/runs/job.ts'
import type { Run } from '#core/runs/run.ts'
import { createRun } from '#core/runs/runs-catalog.ts'
import { testApi } from '#test/support/call-api.ts'
import { specOf } from '#test/support/ended-run.ts'
import { poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const POLICY = '01J000000000000000000000PX'
/** When the nth run was asked for: one an hour. */
const at = (n: number) => (n + 1) * 3_600_000

/** Runs an hour apart, the newest last; `count` of them, made as `of` tells. */
const siteOf = async (count: number, of: (n: number) => Partial<Run> & { vm?: number }) => {
  const api = await testApi()
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, {
    pools: [poolOf('web01', 'db01')],
  })
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const { vm, ...members } = of(n)
    const runId = ulid(at(n))
    ids.push(runId)
    const run: Run = {
      ...{ runId, kind: 'backup', state: 'succeeded', title: `run ${n}`, started: at(n) },
      ...{ line: 'done', ended: at(n) + 1 },
      ...members,
    }
    const jobs = vm === undefined ? [] : [newJob(ulid(at(n)), runId, specOf(vm), 0)]
    await createRun(api.ports.catalog, run, jobs)
  }
  const page = async (query: string) => {
    const { status, json } = await api.asPerson('GET', '/v1/runs', undefined, query)
    expect(status, JSON.stringify(json)).toBe(200)
    const { items, next } = json as { items: { runId: string }[]; next?: string }
    return { found: items.map(({ runId }) => ids.indexOf(runId)), next }
  }
  /** All pages, and how many there were. */
  const list = async (query: string) => {
    const found: number[] = []
    let pages = 0
    for (let after = ''; ; pages++) {
      const { found: more, next } = await page(`${query}${after}`)
      found.push(...more)
      if (next === undefined) return { found, pages: pages + 1 }
      after = `&after=${encodeURIComponent(next)}`
    }
  }
  return { api, list, page }
}

describe('runs are narrowed by the server', () => {
  test.each([
    ['kind=restore', [8, 4, 0]],
    ['state=failed', [7, 2]],
    ['state=troubled', [9, 7, 2]],
    ['state=running', [5]],
    ['state=open', [6, 5]],
    [`policyId=${POLICY}`, [9, 7, 3]],
    [`policyId=${POLICY}&state=failed`, [7]],
    [`since=${at(7)}`, [9, 8, 7]],
    [`since=${at(3)}&until=${at(5)}`, [4, 3]],
    ['until=0', []],
    ['kind=failover', []],
  ])('%s', async (query, wanted) => {
    const states: Record<number, Run['state']> = {
      ...{ 2: 'failed', 5: 'running', 6: 'waiting', 7: 'failed', 9: 'warning' },
    }
    const { list } = await siteOf(10, n => ({
      kind: n % 4 === 0 ? 'restore' : 'backup',
      state: states[n] ?? 'succeeded',
      ...([3, 7, 9].includes(n) && { policyId: POLICY, policyName: 'Nightly' }),
    }))
    expect((await list(`limit=2&${query}`)).found).toEqual(wanted)
    expect((await list(query)).found).toEqual(wanted)
  })

  test('of a VM, by its UUID or its name', async () => {
    const { list, api } = await siteOf(6, n => ({ vm: 1 + (n % 2) }))
    expect((await list(`vm=${vmUuid(1)}&limit=1`)).found).toEqual([4, 2, 0])
    expect((await list('vm=db01')).found).toEqual([5, 3, 1])
    expect((await list(`vm=${vmUuid(9)}`)).found).toEqual([])
    expect(await api.asPerson('GET', '/v1/runs', undefined, 'vm=web02')).toMatchObject({
      status: 404,
      json: { code: 'VM_NOT_FOUND', message: expect.stringContaining('Did you mean "web01"?') },
    })
  })

  test('a filter that few pass looks at some of them and tells where to go on', async () => {
    const { list } = await siteOf(2_500, n => ({ state: n === 3 ? 'failed' : 'succeeded' }))
    expect(await list('state=failed')).toEqual({ found: [3], pages: 2 })
  })

  test('a cursor of other filters is refused', async () => {
    const { api, page } = await siteOf(3, () => ({ state: 'failed' }))
    const { next } = await page('state=failed&limit=1')
    const other = `state=troubled&after=${encodeURIComponent(next ?? '')}`
    expect((await api.asPerson('GET', '/v1/runs', undefined, other)).status).toBe(400)
  })
})

test('the jobs of a run are narrowed to those in trouble and those that are open', async () => {
  const api = await testApi()
  const runId = ulid(1)
  const jobs = Array.from({ length: 9 }, (_, n) => {
    const job = newJob(ulid(n + 1), runId, specOf(n), 0)
    if (n === 4) return finishJob(job, { status: 'skipped', reason: 'no disk' }, 5)
    if (n === 7) return finishJob(job, { status: 'cancelled' }, 5)
    return n === 8 ? job : finishJob(job, { status: 'planned', steps: [] }, 5)
  })
  const run: Run = { runId, kind: 'backup', state: 'running', title: 'many', started: 1 }
  await createRun(api.ports.catalog, run, jobs)
  const read = async (query: string) => {
    const { json } = await api.asPerson('GET', `/v1/runs/${runId}`, undefined, query)
    const { jobs: found, next } = json as { jobs: { jobId: string }[]; next?: string }
    return { found: found.map(({ jobId }) => jobs.findIndex(job => job.jobId === jobId)), next }
  }
  expect((await read('only=troubled')).found).toEqual([4, 7])
  expect((await read('only=open')).found).toEqual([8])
  const first = await read('only=troubled&limit=1')
  expect(first.found).toEqual([4])
  expect(
    (await read(`only=troubled&limit=1&after=${encodeURIComponent(first.next ?? '')}`)).found,
  ).toEqual([7])
})
