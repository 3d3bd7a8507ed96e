import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { JobProgress } from '#core/contracts/jobs.ts'
import { removeLeftovers } from '#gateway-agent/jobs/leftovers.ts'
import { patientBackup, patientRestore } from '#gateway-agent/jobs/patient.ts'
import { restoreVm } from '#gateway-agent/jobs/restore/restore-vm.ts'
import { removeVdi } from '#sim/xapi/classes/vdi-copies.ts'
import { backedUp } from '#test/support/backup-job.ts'
import { type JobsOnPool, jobsOnPool } from '#test/support/jobs-on-pool.ts'
import { impatience, memoryLog } from '#test/support/patience.ts'

/*
 * What an administrator, or storage that fails, does to a pool while a job is at work. Each ends with a point or with a sentence and
 * a code, and leaves the pool as it was.
 */

const MIB = 1024 * 1024
const waiting = { patience: impatience, log: memoryLog() }

/** Parts of a job; `when` is called once, at the first progress that shows bytes read. */
const partsWith = (jobs: JobsOnPool, when: () => void) => {
  const parts = jobs.parts()
  let due = true
  const report = (more: Partial<JobProgress>) => {
    if (due && more.phase === 'reading disks') {
      due = false
      when()
    }
    parts.context.report(more)
  }
  return { ...parts, context: { ...parts.context, report } }
}

const backUp = (jobs: JobsOnPool, when: () => void = () => undefined) => {
  const spec = {
    kind: 'backup-vm' as const,
    ...jobs.specOf(jobs.simulated.vms.db ?? '', 'db'),
    method: 'normal' as const,
  }
  return patientBackup({ ...partsWith(jobs, when), jobId: jobs.jobId(), spec }, waiting)
}

/** Removes VMs with their disks, as a person does who knows nothing of us. */
const removeVms = (
  { simulated: { state } }: JobsOnPool,
  which: (vm: { uuid: string; is_a_snapshot: boolean }) => boolean,
) => {
  const { database } = state
  for (const [ref, vm] of database.all('VM')) {
    if (vm.is_control_domain || !which(vm)) continue
    const vdis = vm.VBDs.map(vbd => database.get('VBD', vbd).VDI)
    for (const vbd of vm.VBDs) database.remove('VBD', vbd)
    database.remove('VM', ref)
    for (const vdi of vdis) if (database.find('VDI', vdi)) removeVdi(state, vdi)
  }
}

/** Tidies up as the agent does after each job. */
const sweep = ({ pool, repository }: JobsOnPool) =>
  removeLeftovers({
    pool,
    repository,
    isRunning: () => false,
    openJobs: async () => ({ open: [], elsewhere: [] }),
    log: memoryLog(),
  })

const snapshots = ({ simulated: { state } }: JobsOnPool) =>
  [...state.database.all('VM').values()].filter(vm => vm.is_a_snapshot)

test('an administrator deletes the snapshot in mid-read: the job says so, and nothing is left', async () => {
  await using jobs = await jobsOnPool({ db: [randomBytes(3 * MIB)] })
  await expect(backUp(jobs, () => removeVms(jobs, vm => vm.is_a_snapshot))).rejects.toMatchObject({
    code: 'SNAPSHOT_GONE',
    message: expect.stringContaining('removed from the pool by somebody else'),
  })
  expect(snapshots(jobs)).toEqual([])
  expect(await jobs.repository.latestPoint(jobs.simulated.vms.db ?? '')).toBeUndefined()
})

test('an administrator deletes the VM in mid-read: its snapshot is read to the end', async () => {
  const disk = randomBytes(2 * MIB)
  await using jobs = await jobsOnPool({ db: [disk] })
  const uuid = jobs.simulated.vms.db
  const performed = await backUp(jobs, () => removeVms(jobs, vm => vm.uuid === uuid))
  const { point } = backedUp(performed.outcome)
  const content = await jobs.contentOf(point.pointId, point.disks[0]?.vdiUuid ?? '')
  expect(content.subarray(0, disk.length).equals(disk)).toBe(true)
  await performed.settle?.()
  expect(snapshots(jobs)).toEqual([])
})

test('a storage repository that is detached takes no restore, and nothing is left', async () => {
  await using jobs = await jobsOnPool({ db: [randomBytes(MIB)] })
  const { point } = backedUp((await backUp(jobs)).outcome)
  const { database } = jobs.simulated.state
  const before = database.all('VM').size
  for (const pbd of database.all('PBD').keys())
    database.update('PBD', pbd, { currently_attached: false })
  const spec = {
    kind: 'restore-vm' as const,
    ...jobs.specOf(point.vmUuid, 'db'),
    pointId: point.pointId,
    newName: 'db (restored)',
    start: false,
  }
  const restore = { ...jobs.parts(), jobId: jobs.jobId(), spec }
  await expect(patientRestore(restore, waiting, () => restoreVm(restore))).rejects.toMatchObject({
    code: 'RESTORE_TARGET',
    advice: expect.stringContaining('attached'),
  })
  expect(database.all('VM').size).toBe(before)
})

test.each(['nbd', 'none'] as const)(
  'a storage repository that is detached in mid-backup (NBD: %s) fails the job with its name, and the pool is as it was when it is back',
  async nbd => {
    await using jobs = await jobsOnPool({ db: [randomBytes(16 * MIB)] }, { nbd })
    const { database } = jobs.simulated.state
    const vm = database.byUuid('VM', jobs.simulated.vms.db ?? '')
    const before = { ...jobs.inventory(), vm: database.get('VM', vm).blocked_operations }
    const pbds = [...database.all('PBD').keys()]
    const plug = (currently_attached: boolean) => {
      for (const pbd of pbds) database.update('PBD', pbd, { currently_attached })
    }
    await expect(backUp(jobs, () => plug(false))).rejects.toMatchObject({
      code: 'SR_UNAVAILABLE',
      message: expect.stringMatching(/storage repository .*db/),
      advice: expect.stringContaining('xe pbd-plug'),
      retryable: true,
    })
    // Nothing can be removed while the storage is away; it bears our mark, and goes with the next look.
    plug(true)
    expect(await sweep(jobs)).toBe(false)
    expect({ ...jobs.inventory(), vm: database.get('VM', vm).blocked_operations }).toEqual(before)
    expect(await jobs.repository.latestPoint(jobs.simulated.vms.db ?? '')).toBeUndefined()
  },
)

test('a storage repository that comes back in mid-backup: the job goes on with its own snapshot', async () => {
  const disk = randomBytes(16 * MIB)
  await using jobs = await jobsOnPool({ db: [disk] })
  const { database } = jobs.simulated.state
  const pbds = [...database.all('PBD').keys()]
  const plug = (currently_attached: boolean) => {
    for (const pbd of pbds) database.update('PBD', pbd, { currently_attached })
  }
  const patience = {
    wait: async () => plug(true),
  }
  const spec = {
    kind: 'backup-vm' as const,
    ...jobs.specOf(jobs.simulated.vms.db ?? '', 'db'),
    method: 'normal' as const,
  }
  const parts = partsWith(jobs, () => plug(false))
  const performed = await patientBackup(
    { ...parts, jobId: jobs.jobId(), spec },
    { patience, log: memoryLog() },
  )
  const { point, notes } = backedUp(performed.outcome)
  expect(notes.join(' ')).toMatch(/storage repository/)
  const content = await jobs.contentOf(point.pointId, point.disks[0]?.vdiUuid ?? '')
  expect(content.equals(disk)).toBe(true)
  await performed.settle?.()
  expect(snapshots(jobs)).toEqual([])
})
