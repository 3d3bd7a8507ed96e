import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import type { SiteRestorePlan } from '#core/contracts/site-restore-plan.ts'
import type { SiteStepView } from '#core/contracts/site-restores-api.ts'
import { MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { PASSPHRASE } from '#test/support/site.ts'
import { xenkeep } from '#test/support/xenkeep.ts'

/*
 * Motivation: a XenDesktop site is servers that know of each other. One policy has to save them in their order as one point that says what belongs together, the
 * point has to bring them back step by step, and the bucket alone has to tell how.
 *
 * Steps: a definition in YAML; a policy that protects it; a run; the point, its plan, what lies in the repository; a member that is missing; a restore step by step, by
 * a run and by hand; nothing of it deleted meanwhile; last the catalog is lost and filled again, and the site is brought back from the bucket alone.
 *
 * Passes when two controllers are never backed up at once, the point is complete and then partial with the reason, and the restored machine has its disk, also
 * where nobody but the bucket knows the site any more.
 */

const DEFINITION = `
name: Vienna
components:
  # The only domain controller: ask Anna before it is touched.
  - { role: dc, target: { vm: dc1 } }
  - { role: sql, target: { vm: sql1 } }
  - { role: ddc, target: { vm: ddc1 } }
  - { role: ddc, target: { vm: ddc2 } }
  - { role: license, target: { vm: sql1 } }
  - { role: storefront, target: { vm: ddc1 } }
  - { role: master-image, target: { vm: master } }
  - { role: pool-metadata, target: { pool: Simulated pool } }
`

const disk = randomBytes(2 * MiB)
let machine: Awaited<ReturnType<typeof startMachine>>
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-e2e-site-'))
  machine = await startMachine(
    {
      ...{ dc1: [randomBytes(MiB)], sql1: [disk], ddc1: [randomBytes(MiB)] },
      ...{ ddc2: [randomBytes(MiB)], master: [randomBytes(MiB)] },
    },
    { running: false },
  )
})

afterAll(async () => {
  await machine?.stop()
  await rm(folder, { recursive: true, force: true })
})

const command = (...args: string[]) => xenkeep([...args, '--data', machine.site.dataDir])
const json = async <T>(...args: string[]): Promise<T> => {
  const { stdout, stderr, exitCode } = await command(...args, '--json')
  expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 })
  return JSON.parse(stdout) as T
}

/** @returns id of the newest site point */
const newestPoint = async (): Promise<string> => {
  const { points } = await json<{ points: { pointId: string }[] }>('site', 'points', 'Vienna')
  return points[0]?.pointId ?? ''
}

test('one policy saves a whole site as one point, in its order', async () => {
  const file = join(folder, 'vienna.yaml')
  await writeFile(file, DEFINITION)
  const dry = await command('site', 'define', '-f', file, '--dry-run')
  expect(dry.stdout).toContain('A backup would do 6 tasks, in this order:')
  expect(await command('site', 'define', '-f', file)).toMatchObject({ exitCode: 0 })
  const written = await command('site', 'show', 'Vienna', '--definition')
  expect(written.stdout.trim()).toBe(DEFINITION.trim())
  const made = await command('policies', 'create', 'Sites', '--site', 'Vienna', '--keep', 'daily=7')
  expect(made.stdout).toContain('all that the XenDesktop site "Vienna" protects')

  expect(await command('site', 'backup', 'Vienna')).toMatchObject({ exitCode: 0 })
  const { items } = await machine.person.call('listRuns', { query: {} })
  const [run] = items
  expect(run).toMatchObject({ state: 'succeeded', policyName: 'Sites' })
  const { jobs } = await machine.person.call('getRun', { params: { runId: run?.runId ?? '' } })
  const of = (name: string) =>
    jobs.find(({ spec }) => spec.kind === 'backup-vm' && spec.vmName === name)
  // The second controller was begun when the first had ended.
  expect(of('ddc2')?.begun).toBeGreaterThanOrEqual(of('ddc1')?.finished ?? Number.NaN)
  expect(jobs.at(-1)?.spec.kind).toBe('seal-site-point')

  const shown = await command('site', 'point', await newestPoint())
  expect(shown.stdout).toMatch(/"Vienna", .*: complete, taken within \d+ seconds?/)
  expect(shown.stdout).not.toContain('no point')
})

test('the repository alone tells what belongs together and how it comes back', async () => {
  const pointId = await newestPoint()
  const take = async (name: string): Promise<string> => {
    const file = join(folder, name)
    const one = ['repo', 'export', pointId, '--disk', name, '-o', file]
    const repository = ['--repository', machine.site.address]
    const env = { XENKEEP_PASSPHRASE: PASSPHRASE }
    expect(await xenkeep([...one, ...repository], env)).toMatchObject({ exitCode: 0 })
    return readFile(file, 'utf8')
  }
  const plan = JSON.parse(await take('restore-plan.json')) as SiteRestorePlan
  const phases = plan.steps.map(({ phase }) => phase)
  expect(phases.indexOf('directory')).toBeLessThan(phases.indexOf('databases'))
  expect(phases.indexOf('databases')).toBeLessThan(phases.indexOf('controllers'))
  const runbook = await take('runbook.md')
  expect(runbook).toContain('# Restoring the XenDesktop site Vienna')
  expect(runbook).toContain(pointId)
})

test('a site is brought back step by step, by runs and by hand; its points stay meanwhile', async () => {
  const pointId = await newestPoint()
  const { restoreId, steps } = await json<{ restoreId: string; steps: SiteStepView[] }>(
    ...['site', 'restore', pointId],
  )
  const sql = steps.find(({ role, job }) => role === 'sql' && job?.kind === 'restore-vm')
  expect(sql).toBeDefined()
  const early = await command('site', 'step', restoreId, String(sql?.number), 'start')
  expect(early).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('SITE_STEP_REFUSED') })

  for (const { number } of steps.slice(0, (sql?.number ?? 1) - 1))
    await machine.person.call('stepSiteRestore', {
      params: { restoreId },
      body: { step: number, command: 'skip', because: 'It was not lost.' },
    })
  await expect(
    machine.person.call('stepSiteRestore', {
      params: { restoreId },
      body: { step: sql?.number ?? 0, command: 'start', restore: { wishes: { identity: 'new' } } },
    }),
  ).rejects.toMatchObject({ code: 'SITE_STEP_REFUSED' })
  const begun = await command(
    ...['site', 'step', restoreId, String(sql?.number), 'start', '--identity', 'new', '--no-start'],
    ...['--name', 'sql1 again', '--because', 'beside the one that is there'],
  )
  expect(begun).toMatchObject({ exitCode: 0 })
  const reply = await machine.person.call('getSiteRestore', { params: { restoreId } })
  expect(reply.steps[0]?.log[0]).toMatchObject({ text: 'left out: It was not lost.' })
  const step = reply.steps[(sql?.number ?? 1) - 1]
  expect(step).toMatchObject({ state: 'done' })
  const outcome = await machine.outcomeOf(step?.runId ?? '')
  const vm = outcome.status === 'restored' ? outcome.report.newVmUuid : ''
  expect((await machine.read(machine.disksOf(vm)[0] ?? '')).equals(disk)).toBe(true)

  await expect(
    machine.person.call('deletePoint', {
      params: { pointId: sql?.job?.pointId ?? '' },
      body: { reason: 'no room', vmName: 'sql1', evenLast: true },
    }),
  ).rejects.toMatchObject({ code: 'POINT_KEPT' })
})

test('a member that is gone makes the next point partial, and says so everywhere', async () => {
  const file = join(folder, 'more.yaml')
  await writeFile(file, `${DEFINITION}  - { role: storefront, target: { vm: store9 } }\n`)
  const saved = await command('site', 'define', '-f', file)
  expect(saved.stdout).toContain('error: The definition names the VM "store9"')
  const run = await command('site', 'backup', 'Vienna')
  expect(run.exitCode).toBe(3)
  const shown = await command('site', 'show', 'Vienna')
  expect(shown.stdout).toMatch(/newest point .*, partial, 6 members within /)
  expect(shown.stdout).toContain('"store9"')
})

test('a site whose catalog is lost is brought back from the bucket alone', async () => {
  await machine.program('control').kill()
  for (const suffix of ['', '-wal', '-shm'])
    await rm(machine.site.file('control', `catalog.sqlite${suffix}`), { force: true })
  await machine.startControl()
  let pointId = ''
  await until(
    'the site points are listed again',
    async () => {
      const { stdout, exitCode } = await command('site', 'points', 'Vienna', '--json')
      const { points } = exitCode === 0 ? JSON.parse(stdout) : { points: [] }
      const complete = points.filter((one: ListedPoint) => one.site?.state === 'complete')
      pointId = complete[0]?.pointId ?? ''
      return points.length === 2
    },
    { ms: 30_000, everyMs: 200 },
  )
  const early = await command('site', 'restore', pointId)
  expect(early).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('SITE_PLAN_ELSEWHERE'),
  })
  expect(early.stderr).toContain(`xenkeep site recall ${pointId}`)

  const recalled = await command('site', 'recall', pointId)
  expect(recalled).toMatchObject({ exitCode: 0 })
  expect(recalled.stdout).toContain('all 6 members have a recovery point')
  expect(recalled.stdout).toContain('The site is defined again as it was then')
  expect((await command('site', 'show', 'Vienna')).stdout).toContain('newest point')
  const shown = await command('site', 'point', pointId)
  expect(shown.stdout).toMatch(/"Vienna", .*: complete, taken within \d+ seconds?/)

  const { restoreId, steps } = await json<{ restoreId: string; steps: SiteStepView[] }>(
    ...['site', 'restore', pointId],
  )
  const sql = steps.find(({ role, job }) => role === 'sql' && job?.kind === 'restore-vm')
  const params = { restoreId }
  for (const { number } of steps) {
    if (number === sql?.number) {
      const begun = await command(
        ...['site', 'step', restoreId, String(number), 'start', '--identity', 'new', '--no-start'],
        ...['--name', 'sql1 from the bucket', '--because', 'beside the one that is there'],
      )
      expect(begun).toMatchObject({ exitCode: 0 })
    } else
      await machine.person.call('stepSiteRestore', {
        params,
        body: { step: number, command: 'skip', because: 'It was not lost.' },
      })
  }
  const reply = await machine.person.call('getSiteRestore', { params })
  expect(reply.restore.state).toBe('done')
  const outcome = await machine.outcomeOf(reply.steps[(sql?.number ?? 1) - 1]?.runId ?? '')
  const vm = outcome.status === 'restored' ? outcome.report.newVmUuid : ''
  expect((await machine.read(machine.disksOf(vm)[0] ?? '')).equals(disk)).toBe(true)
})
