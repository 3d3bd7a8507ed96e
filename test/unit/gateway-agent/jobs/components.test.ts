import { expect, test } from 'vitest'
import { JobOutcome } from '#core/contracts/jobs.ts'
import { XapiError } from '#core/errors/xenserver.ts'
import { summarizeAny } from '#core/points/describe.ts'
import { backupHost } from '#gateway-agent/jobs/backup/backup-host.ts'
import { backupPoolMetadata } from '#gateway-agent/jobs/backup/backup-pool-metadata.ts'
import { rehearsePoolRestore } from '#gateway-agent/jobs/restore/rehearse-pool-restore.ts'
import { readDatabase } from '#sim/formats/database/read-database.ts'
import { backedUp } from '#test/support/backup-job.ts'
import { type JobsOnPool, jobsOnPool } from '#test/support/jobs-on-pool.ts'

const MIB = 1024 * 1024

const savePool = async (jobs: JobsOnPool, jobId = jobs.jobId()) => {
  const spec = jobs.specOf(jobs.pool.uuid, 'lab')
  return backedUp((await backupPoolMetadata({ ...jobs.parts(), jobId, spec })).outcome)
}

const saveHost = async (jobs: JobsOnPool, index: number) => {
  const uuid = jobs.simulated.hosts[index]?.uuid ?? ''
  const spec = jobs.specOf(uuid, `xenserver-${index + 1}`)
  return backedUp((await backupHost({ ...jobs.parts(), jobId: jobs.jobId(), spec })).outcome)
}

const UPGRADING = { other_config: { rolling_upgrade_in_progress: 'true' } }

/** Sets fields of the pool's own record. */
const setPool = ({ simulated: { state } }: JobsOnPool, fields: object) => {
  const [[ref] = ['']] = state.database.all('pool')
  state.database.update('pool', ref as string, fields)
}

test('a pool is saved as its database and the records of its VMs, whole, and described', async () => {
  await using jobs = await jobsOnPool({ db: [Buffer.alloc(MIB)], web: [] }, { hosts: 2 })
  const before = jobs.inventory()
  const { point, notes } = await savePool(jobs)
  expect(notes).toEqual([])
  expect(point).toMatchObject({
    kind: 'pool-metadata',
    vmUuid: jobs.pool.uuid,
    vmName: 'Simulated pool',
    poolUuid: jobs.pool.uuid,
    disks: [],
    contents: [{ name: 'pool-database.xml' }, { name: 'vms.xva' }],
    facts: [
      expect.stringMatching(/^Database schema 5\.\d+, generation \d+\.$/),
      expect.stringMatching(
        /^2 VMs, 0 custom templates, 0 snapshots, 2 hosts, \d SRs, 1 network\.$/,
      ),
    ],
  })
  const sizes = (point.contents ?? []).map(({ size }) => size)
  expect(point.bytesNew).toBe(sizes.reduce((sum, size) => sum + size, 0))
  const xml = (await jobs.contentOf(point.pointId, 'pool-database.xml')).toString()
  expect(xml.length).toBe(point.contents?.[0]?.size)
  const { tables } = readDatabase(xml)
  expect(tables.get('VM')?.map(vm => vm.name__label)).toContain('db')
  const ova = (await jobs.contentOf(point.pointId, 'vms.xva')).toString('latin1')
  expect(ova).toMatch(/^ova\.xml\0/)
  expect(ova).toContain('<value>web</value>')
  expect(ova).not.toContain('Control domain on host')
  expect(jobs.inventory()).toEqual(before)
})

test('the job that runs again finds its point; the repository is sound; a lost catalog learns of it', async () => {
  await using jobs = await jobsOnPool({})
  const jobId = jobs.jobId()
  const first = await savePool(jobs, jobId)
  const packs = await Array.fromAsync(jobs.repository.store.list('packs/'))
  expect(await savePool(jobs, jobId)).toEqual(first)
  expect(await Array.fromAsync(jobs.repository.store.list('packs/'))).toHaveLength(packs.length)
  expect((await jobs.repository.check({ level: 2 })).findings).toEqual([])
  const stored = await jobs.repository.latestPoint(jobs.pool.uuid)
  if (!stored) throw new Error('no point')
  const { lock: _, ...summary } = first.point
  expect(summarizeAny(jobs.repository.id, stored)).toEqual(summary)
})

test('each host sends its own archive; facts to rebuild it hold no secrets', async () => {
  await using jobs = await jobsOnPool({}, { hosts: 2, hostBackupSize: 3 * MIB + 77 })
  const { database } = jobs.simulated.state
  const [pbd] = database.all('PBD').keys()
  const device_config = {
    target: '10.0.0.5',
    chapuser: 'xen',
    chappassword: 'top secret',
    options: 'username=backup,password=hidden',
  }
  database.update('PBD', pbd as string, { device_config })

  const [one, two] = [await saveHost(jobs, 0), await saveHost(jobs, 1)]
  expect(one.point).toMatchObject({
    kind: 'host',
    vmUuid: jobs.simulated.hosts[0]?.uuid,
    vmName: 'xenserver-1',
    contents: [{ name: 'host-backup.tar' }],
  })
  expect(one.point.facts?.join(' ')).toContain('4 files in the archive.')
  const archives = [
    await jobs.contentOf(one.point.pointId, 'host-backup.tar'),
    await jobs.contentOf(two.point.pointId, 'host-backup.tar'),
  ]
  for (const [index, archive] of archives.entries()) {
    expect(archive.length).toBeGreaterThan(3 * MIB)
    expect(archive.toString('latin1')).toContain(`xenserver-${index + 1}\n`)
  }
  const stored = await jobs.repository.latestPoint(jobs.simulated.hosts[0]?.uuid ?? '')
  expect(stored?.subject).toMatchObject({
    format: 'host',
    host: {
      hostname: 'xenserver-1',
      address: '127.0.0.1',
      interfaces: [{ device: 'eth0', management: true, vlan: -1, ip: '127.0.0.1' }],
      certificates: [
        { type: 'host', fingerprint: jobs.simulated.hosts[0]?.certificateFingerprint },
      ],
    },
  })
  const text = JSON.stringify(stored?.subject)
  expect(text).toContain('10.0.0.5')
  expect(text).not.toMatch(/top secret|hidden/)
  expect(one.point.facts?.at(-1)).toBe(
    'Storage settings that hold secrets are named, not kept: chappassword, options.',
  )
})

test('certificates that cannot be read fail the backup of the host; releases without them have none', async () => {
  await using jobs = await jobsOnPool({})
  const fails = (...error: string[]) =>
    jobs.fault({ kind: 'fail-call', method: 'Certificate.get_all_records', error })
  fails('INTERNAL_ERROR', 'certificates')
  await expect(saveHost(jobs, 0)).rejects.toMatchObject({ xapiCode: 'INTERNAL_ERROR' })
  const uuid = jobs.simulated.hosts[0]?.uuid ?? ''
  expect(await jobs.repository.latestPoint(uuid)).toBeUndefined()

  fails('MESSAGE_METHOD_UNKNOWN', 'Certificate.get_all_records')
  await saveHost(jobs, 0)
  const stored = await jobs.repository.latestPoint(uuid)
  expect(stored?.subject).toMatchObject({ host: { certificates: [] } })
})

test('the stand-in that a pool sends during a rolling upgrade is refused, and nothing is stored', async () => {
  await using jobs = await jobsOnPool({})
  setPool(jobs, UPGRADING)
  await expect(savePool(jobs)).rejects.toMatchObject({
    code: 'POOL_DATABASE_STUB',
    message: expect.stringContaining('schema 5.35'),
  })
  expect(await jobs.repository.latestPoint(jobs.pool.uuid)).toBeUndefined()
})

test('whoever is no pool-admin is told which role it takes', async () => {
  const users = [{ user: 'backup', password: 'pw', role: 'pool-operator' as const }]
  await using jobs = await jobsOnPool({}, { users }, { user: 'backup', password: 'pw' })
  for (const work of [savePool(jobs), saveHost(jobs, 0)])
    await expect(work).rejects.toMatchObject({
      code: 'XAPI_PERMISSION_DENIED',
      advice: expect.stringContaining('pool-admin'),
    })
  expect(jobs.inventory().tasks).toBe(0)
})

test.each([
  ['database', 'poolxmldbdump', 'STREAM_TRUNCATED'],
  // It has a Content-Length, which tells.
  ['records of the VMs', 'export_metadata', 'XAPI_INTERRUPTED'],
])('a stream that is cut off makes no point: the %s', async (_, handler, code) => {
  await using jobs = await jobsOnPool({ db: [] })
  jobs.fault({ kind: 'cut-stream', handler, bytes: 3_000 })
  await expect(savePool(jobs)).rejects.toMatchObject({ code, retryable: true })
  expect(await jobs.repository.latestPoint(jobs.pool.uuid)).toBeUndefined()
  expect(jobs.inventory().tasks).toBe(0)
})

test('a host archive that is cut off, or ends in an error of the host, is no point', async () => {
  await using jobs = await jobsOnPool({})
  jobs.fault({ kind: 'cut-stream', handler: 'host_backup', bytes: 100_000 })
  await expect(saveHost(jobs, 0)).rejects.toMatchObject({ code: 'STREAM_TRUNCATED' })
  const error = ['BACKUP_SCRIPT_FAILED', 'tar: no space left on device']
  jobs.fault({ kind: 'in-band-error', handler: 'host_backup', error, bytes: 50_000 })
  await expect(saveHost(jobs, 0)).rejects.toMatchObject({ xapiCode: 'BACKUP_SCRIPT_FAILED' })
  expect(await jobs.repository.latestPoint(jobs.simulated.hosts[0]?.uuid ?? '')).toBeUndefined()
})

test('records that the pool refuses do not keep its database from being saved, and the point says so', async () => {
  await using jobs = await jobsOnPool({})
  const refused = async () => {
    throw new XapiError(['VM_BAD_POWER_STATE', '', 'halted', 'running'], 'the records of all VMs')
  }
  const components = { ...jobs.pool.components, vmRecords: refused }
  const spec = jobs.specOf(jobs.pool.uuid, 'lab')
  const parts = { ...jobs.parts(), pool: { ...jobs.pool, components } }
  const { outcome } = await backupPoolMetadata({ ...parts, jobId: jobs.jobId(), spec })
  const { point, notes } = backedUp(outcome)
  expect(point.contents?.map(({ name }) => name)).toEqual(['pool-database.xml'])
  expect(notes).toEqual([
    expect.stringMatching(
      /^The records of the VMs \(vms\.xva\) are not in this point, only the database: /,
    ),
  ])
})

test('the pool is asked whether it would take its database again; another release, or another host, would not', async () => {
  await using jobs = await jobsOnPool({ db: [] })
  const { point } = await savePool(jobs)
  const spec = {
    kind: 'rehearse-pool-restore' as const,
    ...jobs.specOf(jobs.pool.uuid, 'lab'),
    pointId: point.pointId,
  }
  const before = jobs.inventory()
  const rehearse = () => rehearsePoolRestore({ ...jobs.parts(), spec })
  const { outcome } = await rehearse()
  expect(JobOutcome.parse(outcome)).toMatchObject({
    status: 'planned',
    steps: expect.arrayContaining([
      'The coordinator would take this database (dry run; nothing was changed).',
    ]),
  })
  expect(jobs.inventory()).toEqual(before)

  const { database } = jobs.simulated.state
  for (const pif of database.all('PIF').keys()) database.update('PIF', pif, { device: 'eth7' })
  await expect(rehearse()).rejects.toMatchObject({
    code: 'POOL_RESTORE_REFUSED',
    message: expect.stringContaining('eth0'),
  })
  for (const [host, { software_version }] of database.all('host'))
    database.update('host', host, {
      software_version: { ...software_version, db_schema: '5.900' },
    })
  await expect(rehearse()).rejects.toMatchObject({
    code: 'POOL_RESTORE_REFUSED',
    message: expect.stringContaining('another release'),
  })
  const gone = { ...spec, pointId: jobs.jobId() }
  await expect(rehearsePoolRestore({ ...jobs.parts(), spec: gone })).rejects.toMatchObject({
    code: 'POINT_NOT_FOUND',
  })
  expect(jobs.inventory().tasks).toBe(0)
})

test('a stream that looks whole is no point where XenServer says that it failed', async () => {
  await using jobs = await jobsOnPool({})
  const database = async (signal: AbortSignal) => ({
    ...(await jobs.pool.components.database(signal)),
    outcome: () => Promise.reject(new XapiError(['INTERNAL_ERROR', 'later'], 'the dump')),
  })
  const pool = { ...jobs.pool, components: { ...jobs.pool.components, database } }
  const spec = jobs.specOf(jobs.pool.uuid, 'lab')
  const job = { ...jobs.parts(), pool, jobId: jobs.jobId(), spec }
  await expect(backupPoolMetadata(job)).rejects.toMatchObject({ xapiCode: 'INTERNAL_ERROR' })
  expect(await jobs.repository.latestPoint(jobs.pool.uuid)).toBeUndefined()
})
