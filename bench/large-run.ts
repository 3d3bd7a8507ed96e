import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { backedUp } from '#test/support/fake-gateway.ts'
import { type Answer, largeSite } from '#test/support/large-site.ts'
import { countingCatalog } from './control-plane/counting-catalog.ts'
import { machineLine } from './set-up.ts'

/*
 * What does one run of 10,000 VMs ask of the control plane: to plan it, to work it off, to look at it, to cancel it, to do the failed ones again? The handlers,
 * the synthesised state machines and a gateway for each pool, which answers at once, run in this process; the catalog is SQLite, or in memory.
 */

const HELP = `npm run bench:large-run [-- OPTIONS]
  --vms N         VMs of the policy (default 10000)
  --pools N       pools, each with a gateway (default 10)
  --memory        a catalog in memory instead of SQLite
  --at-once N     backups that the policy allows at once in a pool`

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '10000' },
    pools: { type: 'string', default: '10' },
    memory: { type: 'boolean', default: false },
    'at-once': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const failed = {
  status: 'failed',
  problem: { code: 'SR_FULL', message: 'The SR is full.', advice: 'Make room.', retryable: false },
} as const

const measure = async (vms: number, pools: number, folder: string) => {
  const inner = values.memory ? memoryCatalog() : openSqliteCatalog(join(folder, 'catalog.sqlite'))
  const { catalog, counted, bytes } = countingCatalog(inner)
  const site = await largeSite(catalog, { pools, vmsPerPool: vms / pools, log: console.error })
  const limit = values['at-once']
  const policyId = await site.policy('All', limit ? { jobsAtOnce: Number(limit) } : undefined)

  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const [began, reads, writes] = [performance.now(), counted.reads, counted.writes]
    const result = await work()
    const seconds = (performance.now() - began) / 1_000
    const memory = process.memoryUsage().rss / 1_000_000
    console.log(
      [
        name.padEnd(34),
        `${seconds.toFixed(2)} s`.padStart(10),
        ...[counted.reads - reads, counted.writes - writes].map(count => `${count}`.padStart(10)),
        `${Math.round(memory)} MB`.padStart(9),
      ].join(''),
    )
    return result
  }
  const planned = async () => {
    const runId = await site.start(policyId)
    while (!(await site.see(runId)).line.includes(` of ${vms} `))
      await new Promise(resolve => setTimeout(resolve, 10))
    return runId
  }
  const ended = async (runId: string) => {
    while ((await site.stateOf(runId)) === 'running')
      await new Promise(resolve => setTimeout(resolve, 10))
  }

  console.log(
    `${''.padEnd(34)}${['time', 'read', 'written', 'RSS'].map(head => head.padStart(10)).join('')}`,
  )
  const runId = await step('planned', planned)
  let count = 0
  const answer: Answer = (jobId, spec) => (count++ % 100 === 0 ? failed : backedUp(jobId, spec))
  await step('worked off', () => site.work(runId, answer))
  console.log(`  ${(await site.see(runId)).line.slice(0, 150)}`)
  const page = await step('a page of its jobs', () => site.api.asPerson('GET', `/v1/runs/${runId}`))
  console.log(
    `  ${(page.json.jobs as unknown[]).length} jobs, ${JSON.stringify(page.json).length} bytes`,
  )
  await step('the list of runs', () => site.api.asPerson('GET', '/v1/runs'))
  const second = await step('planned again', planned)
  await step('cancelled', async () => {
    await site.api.asPerson('POST', `/v1/runs/${second}/cancel`, {})
    await ended(second)
  })
  console.log(`the catalog holds ${Math.round(bytes() / 1_000_000)} MB`)
}

if (values.help) console.log(HELP)
else {
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-large-run-'))
  try {
    console.log(machineLine())
    await measure(Number(values.vms), Number(values.pools), folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
