import type { PointSummary } from '#core/contracts/points.ts'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'

export const ids = {
  run: '01KAN6Z0000000000000000RVN',
  job: '01KAN6Z0000000000000000J0B',
  pool: '11111111-1111-4111-8111-111111111111',
  vm: '22222222-2222-4222-8222-222222222222',
  vdi: '33333333-3333-4333-8333-333333333333',
} as const

const MIB = 1024 * 1024
const NOON = Date.UTC(2026, 10, 22, 12, 0, 0)

/** A recovery point of one disk of 64 MiB, read in full. */
export const point = (changes: Partial<PointSummary> = {}): PointSummary => ({
  pointId: ids.job,
  repositoryId: '0'.repeat(32),
  vmUuid: ids.vm,
  vmName: 'db-01',
  poolUuid: ids.pool,
  taken: NOON,
  committed: NOON + 5_000,
  consistency: 'crash',
  disks: [
    {
      vdiUuid: ids.vdi,
      name: 'db-01 disk 0',
      userdevice: '0',
      size: 64 * MIB,
      rung: 'cbt-nbd',
      incremental: false,
      reasons: ['Read in full, because this is the first recovery point of this VM.'],
      bytesRead: 64 * MIB,
      rootHash: 'aa',
    },
  ],
  skipped: [],
  bytesRead: 64 * MIB,
  bytesNew: 40 * 1024 * 1024,
  bytesStored: 30 * 1024 * 1024,
  ...changes,
})

export const run = (changes: Partial<RunView> = {}): RunView => ({
  runId: ids.run,
  kind: 'backup',
  state: 'running',
  started: NOON,
  title: 'db-01',
  line: 'reading the disks, 25 %',
  ...changes,
})

export const job = (changes: Partial<JobView> = {}): JobView => ({
  jobId: ids.job,
  spec: {
    kind: 'backup-vm',
    poolUuid: ids.pool,
    vmUuid: ids.vm,
    vmName: 'db-01',
    method: 'normal',
  },
  state: 'leased',
  attempts: 1,
  line: 'reading the disks, 25 %',
  ...changes,
})

/** How far a job is. @param bytesDone of 64 MiB */
export const progress = (bytesDone: number) => ({
  progress: {
    phase: 'reading the disks',
    bytesTotal: 64 * MIB,
    bytesDone,
    bytesRead: bytesDone,
    bytesStored: 0,
  },
  progressAt: Date.UTC(2026, 10, 22, 12, 0, bytesDone / MIB / 16),
})

export const vmView = {
  uuid: ids.vm,
  name: 'db-01',
  description: '',
  powerState: 'Running',
  tags: [],
  host: 'xen-1',
  disks: [{ vdiUuid: ids.vdi, userdevice: '0', name: 'd', size: 64 * MIB, cbt: true }],
  poolUuid: ids.pool,
  poolName: 'Pool A',
  size: 64 * MIB,
}
