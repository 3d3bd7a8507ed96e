import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { backupTemplate } from '#gateway-agent/jobs/backup/backup-template.ts'
import { restoreVm } from '#gateway-agent/jobs/restore/restore-vm.ts'
import { readInventory } from '#gateway-agent/xapi/inventory.ts'
import { SHORT } from '#test/support/agent-on-pool.ts'
import { backedUp } from '#test/support/backup-job.ts'
import { testContext } from '#test/support/job-context.ts'
import { type JobsOnPool, jobsOnPool } from '#test/support/jobs-on-pool.ts'

const MIB = 1024 * 1024
const HALTED = { running: false }

/** Makes a VM a custom template, as "Convert to template" does. @returns its UUID */
const makeTemplate = ({ simulated: { state, vms } }: JobsOnPool, name: string): string => {
  const uuid = vms[name] ?? ''
  state.database.update('VM', state.database.byUuid('VM', uuid), { is_a_template: true })
  return uuid
}

const save = (jobs: JobsOnPool, uuid: string, test = testContext(), jobId = jobs.jobId()) => {
  const spec = { kind: 'backup-template' as const, ...jobs.specOf(uuid, 'golden') }
  return backupTemplate({ ...jobs.parts(test), jobId, spec })
}

/** Every record of templates and disks as they are. */
const records = ({ simulated: { state } }: JobsOnPool) =>
  structuredClone({ vms: [...state.database.all('VM')], vdis: [...state.database.all('VDI')] })

/** What a snapshot adds to the disk it is of goes with it; operations come and go. */
const settled = async (jobs: JobsOnPool) => {
  await expect.poll(() => jobs.inventory().tasks).toBe(0)
  const { vms, vdis } = records(jobs)
  const still = ([ref, { current_operations: _, allowed_operations: __, ...record }]: [
    string,
    Record<string, unknown>,
  ]) => [ref, record]
  return {
    vms: vms.map(entry => still(entry as never)),
    vdis: vdis.map(entry => still(entry as never)),
  }
}

test('a template is saved with its disks, comes back as a template, and the pool is as it was', async () => {
  const disk = randomBytes(3 * MIB)
  await using jobs = await jobsOnPool({ golden: [disk] }, HALTED)
  const uuid = makeTemplate(jobs, 'golden')
  const before = await settled(jobs)
  const { point } = backedUp((await save(jobs, uuid)).outcome)
  expect(await settled(jobs)).toEqual(before)
  expect(point).toMatchObject({
    kind: 'template',
    vmUuid: uuid,
    vmName: 'golden',
    consistency: 'offline',
    disks: [
      {
        userdevice: '0',
        incremental: false,
        reasons: expect.arrayContaining([
          'Read in full, because changes of templates are not tracked.',
        ]),
      },
    ],
  })

  const spec = {
    kind: 'restore-vm' as const,
    ...jobs.specOf(uuid, 'golden'),
    pointId: point.pointId,
    newName: 'golden (restored)',
    start: true,
  }
  const { outcome } = await restoreVm({ ...jobs.parts(), jobId: jobs.jobId(), spec } as never)
  expect(outcome).toMatchObject({
    status: 'restored',
    report: {
      started: false,
      notes: expect.arrayContaining(['It is a template, and templates do not start.']),
    },
  })
  const { templates = [], vms } = await readInventory(jobs.xapi)
  expect(vms).toEqual([])
  expect(templates.map(({ name }) => name).sort()).toEqual(['golden', 'golden (restored)'])
})

test('a template without disks is saved as its record alone', async () => {
  await using jobs = await jobsOnPool({ blank: [] }, HALTED)
  const uuid = makeTemplate(jobs, 'blank')
  const { point } = backedUp((await save(jobs, uuid)).outcome)
  expect(point).toMatchObject({ kind: 'template', disks: [] })
})

test('the second backup stores nothing new of the disks; what an attempt that was cut off left is removed', async () => {
  await using jobs = await jobsOnPool({ golden: [randomBytes(2 * MIB)] }, HALTED)
  const uuid = makeTemplate(jobs, 'golden')
  const before = await settled(jobs)
  const first = backedUp((await save(jobs, uuid)).outcome)
  expect(first.point.bytesNew).toBeGreaterThan(2 * MIB - 1)

  const jobId = jobs.jobId()
  const owner = jobs.repository.id.slice(0, 12)
  const { signal } = new AbortController()
  await jobs.pool.snapshotTemplate({ vmUuid: uuid, jobId, owner, taken: 0, signal })
  const second = backedUp((await save(jobs, uuid, testContext(), jobId)).outcome)
  expect(second.point.bytesNew).toBe(0)
  expect(await settled(jobs)).toEqual(before)
  expect((await save(jobs, uuid, testContext(), jobId)).outcome).toEqual({
    ...second,
    status: 'backed-up',
  })
})

test('a failure half-way leaves no snapshot', async () => {
  await using jobs = await jobsOnPool({ golden: [randomBytes(MIB), randomBytes(MIB)] }, HALTED)
  const uuid = makeTemplate(jobs, 'golden')
  const before = await settled(jobs)
  const error = ['SR_BACKEND_FAILURE_44', '', 'no space', '']
  jobs.fault({ kind: 'fail-call', method: 'VDI.snapshot', error, skip: 1 })
  await expect(save(jobs, uuid)).rejects.toMatchObject({ code: 'SR_FULL' })
  expect(await settled(jobs)).toEqual(before)
})

test.each([
  ['default_template', { is_default_template: true }, 'it is a default template'],
  ['an ordinary VM', { is_a_template: false }, 'it is not a template any more'],
  ['a snapshot', { is_a_snapshot: true }, 'it is a snapshot'],
])('%s is no custom template', async (_, fields, why) => {
  await using jobs = await jobsOnPool({ golden: [] }, HALTED)
  const uuid = makeTemplate(jobs, 'golden')
  const { database } = jobs.simulated.state
  database.update('VM', database.byUuid('VM', uuid), fields)
  await expect(save(jobs, uuid)).rejects.toMatchObject({
    code: 'VM_NOT_PROTECTABLE',
    message: expect.stringContaining(why),
  })
})

test('a storage repository that takes long for a snapshot is waited for, and nothing is left', async () => {
  const options = { timeouts: { ...SHORT, call: 300 } }
  await using jobs = await jobsOnPool({ golden: [randomBytes(MIB)] }, HALTED, options)
  const uuid = makeTemplate(jobs, 'golden')
  const before = await settled(jobs)
  jobs.fault({ kind: 'delay-call', method: 'VDI.snapshot', milliseconds: 600 })
  expect(backedUp((await save(jobs, uuid)).outcome).point.disks).toHaveLength(1)
  expect(await settled(jobs)).toEqual(before)
})
