import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PointSummary } from '#core/contracts/points.ts'
import { readDatabase } from '#sim/formats/database/read-database.ts'
import { MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { PASSPHRASE } from '#test/support/site.ts'
import { xenkeep } from '#test/support/xenkeep.ts'

/*
 * Motivation: a site is more than its VMs. What rebuilds the pool itself has to be in the repository, in the lists, and in a person's
 * hands again, by the commands of docs/operations.md.
 *
 * Steps: templates listed; pool, hosts and templates backed up by one command; listed by kind; written to files; the catalog lost.
 *
 * Passes when every command ends with 0, the files are whole, and the points are listed again after the catalog is gone.
 */

let machine: Awaited<ReturnType<typeof startMachine>>
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-e2e-components-'))
  machine = await startMachine(
    { golden: [randomBytes(2 * MiB)], mail: [randomBytes(MiB)] },
    { hosts: 2, running: false },
  )
  const { database } = machine.pool.state
  const golden = database.byUuid('VM', machine.pool.vms.golden ?? '')
  database.update('VM', golden, { is_a_template: true })
  // After each job the agent tells what the pool holds.
  await machine.backup('mail')
})

afterAll(async () => {
  await machine?.stop()
  await rm(folder, { recursive: true, force: true })
})

const command = async (...args: string[]): Promise<string> => {
  const ended = await xenkeep([...args, '--data', machine.site.dataDir])
  expect(ended).toMatchObject({ exitCode: 0 })
  return ended.stdout
}

const points = async (): Promise<PointSummary[]> =>
  JSON.parse(await command('points', '--json')).points

test('pool, hosts and templates are backed up by one command and listed by kind', async () => {
  await until('the inventory tells of the template', async () =>
    (await command('vms', '--templates')).includes('golden'),
  )
  expect(await command('vms')).not.toContain('golden')
  await command('backup', '--pool-metadata', '--hosts', '--templates')
  const kinds = (await points()).map(({ kind, vmName }) => `${kind ?? 'vm'} ${vmName}`)
  expect(kinds.sort()).toEqual([
    'host xenserver-1',
    'host xenserver-2',
    'pool-metadata Simulated pool',
    'template golden',
    'vm mail',
  ])
  const table = await command('points', '--vm', 'Simulated pool')
  expect(table).toMatch(/KIND +NAME/)
  expect(table).toMatch(/ pool +Simulated pool /)
  expect(table).toContain('Database schema 5.')
})

test('what they hold is written to files, whole', async () => {
  const env = { XENKEEP_PASSPHRASE: PASSPHRASE }
  const [pool] = (await points()).filter(({ kind }) => kind === 'pool-metadata')
  const file = join(folder, 'pool-database.xml')
  const repository = ['--repository', machine.site.address]
  const one = ['repo', 'export', pool?.pointId ?? '', '--disk', 'pool-database.xml', '-o', file]
  expect(await xenkeep([...one, ...repository], env)).toMatchObject({ exitCode: 0 })
  expect(readDatabase(await readFile(file, 'utf8')).tables.get('host')).toHaveLength(2)

  const all = ['repo', 'restore', 'latest:xenserver-2', join(folder, 'host')]
  expect(await xenkeep([...all, ...repository], env)).toMatchObject({ exitCode: 0 })
  const tar = await readFile(join(folder, 'host', 'host-backup.tar'))
  expect(tar.toString('latin1')).toContain('xenserver-2\n')
})

test('a point of a pool cannot be restored as a VM, and a catalog that was lost learns of all kinds', async () => {
  const before = await points()
  const pool = before.find(({ kind }) => kind === 'pool-metadata')
  const { exitCode, stderr } = await xenkeep([
    ...['restore', pool?.pointId ?? ''],
    ...['--data', machine.site.dataDir],
  ])
  expect(stderr).toContain('code: POINT_OF_OTHER_KIND')
  expect(exitCode).toBe(2)
  await Promise.all([machine.program('control').kill(), machine.program('agent').kill()])
  for (const suffix of ['', '-wal', '-shm'])
    await rm(machine.site.file('control', `catalog.sqlite${suffix}`), { force: true })
  machine.startAgent()
  await machine.startControl()
  await until('the points are back', async () => (await points()).length === before.length, {
    ms: 60_000,
    everyMs: 100,
  })
  expect(await points()).toEqual(before)
})
