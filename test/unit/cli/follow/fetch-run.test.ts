import { expect, test } from 'vitest'
import { type EndedPages, fetchRun } from '#cli/follow/fetch-run.ts'
import { createClient } from '#core/contracts/client.ts'

const RUN = '01J00000000000000000000RVN'
const JOBS = [
  '01J0000000000000000000J0B1',
  '01J0000000000000000000J0B2',
  '01J0000000000000000000J0B3',
]
const POOL = '0b8d6a3e-7c1f-4a55-9d0e-1b2c3d4e5f60'

const run = (state: string) => ({
  runId: RUN,
  kind: 'backup',
  state,
  started: 1,
  title: '3 VMs',
  line: state,
})
const job = (jobId: string) => ({
  jobId,
  spec: {
    kind: 'failover',
    poolUuid: POOL,
    vmUuid: POOL,
    vmName: 'db-01',
    replicaId: RUN,
    start: true,
  },
  state: 'queued',
  attempts: 0,
  line: 'waiting',
})

test('all pages of the jobs of a run, and the run as the first one told it', async () => {
  const asked: string[] = []
  const client = createClient({
    baseUrl: 'http://127.0.0.1',
    fetch: async url => {
      const { pathname, searchParams } = new URL(String(url))
      asked.push(pathname)
      const at = JOBS.indexOf(searchParams.get('after') ?? '') + 1
      const [jobId = ''] = JOBS.slice(at)
      const isLast = at === JOBS.length - 1
      return Response.json({
        run: run(isLast ? 'succeeded' : 'running'),
        jobs: [job(jobId)],
        ...(!isLast && { next: jobId }),
      })
    },
    authorize: () => undefined,
  })
  const { run: seen, jobs } = await fetchRun(client, RUN)
  expect(jobs.map(({ jobId }) => jobId)).toEqual(JOBS)
  expect(seen.state).toBe('running')
  expect(asked).toEqual(JOBS.map(() => `/v1/runs/${RUN}`))
})

test('pages whose jobs have all ended are not asked for again, but for the last one, which may grow', async () => {
  const asked: (string | null)[] = []
  const ended = new Set(['01J0000000000000000000J0B2', '01J0000000000000000000J0B3'])
  const client = createClient({
    baseUrl: 'http://127.0.0.1',
    fetch: async url => {
      const after = new URL(String(url)).searchParams.get('after')
      asked.push(after)
      const at = JOBS.indexOf(after ?? '') + 1
      const [jobId = ''] = JOBS.slice(at)
      const state = ended.has(jobId) ? 'finished' : 'queued'
      return Response.json({
        run: run('running'),
        jobs: [{ ...job(jobId), state }],
        ...(at < JOBS.length - 1 && { next: jobId }),
      })
    },
    authorize: () => undefined,
  })
  const known: EndedPages = new Map()
  const first = await fetchRun(client, RUN, undefined, known)
  expect(asked).toEqual([null, JOBS[0], JOBS[1]])
  asked.length = 0
  expect(await fetchRun(client, RUN, undefined, known)).toEqual(first)
  expect(asked).toEqual([null, JOBS[1]])
})
