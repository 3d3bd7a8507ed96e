import { JobOutcome } from '#core/contracts/jobs.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import type { Repository } from '#repository/index.ts'
import type { FakePool, FakeVm } from './fake-pool.ts'
import { testContext } from './job-context.ts'
import { memoryLog } from './patience.ts'

/** What the spec of every job says of its VM. */
export const targetOf = ({ pool }: FakePool, { uuid, name }: FakeVm) => ({
  poolUuid: pool.uuid,
  vmUuid: uuid,
  vmName: name,
})

export const backupSpec = (fake: FakePool, vm: FakeVm) => ({
  kind: 'backup-vm' as const,
  ...targetOf(fake, vm),
  method: 'normal' as const,
})

/** What every job works with. */
export const jobParts = (
  { pool }: FakePool,
  repository: Repository,
  { context } = testContext(),
) => ({
  ...{ pool, repository, context },
  ...{ gate: createDiskGate(2), log: memoryLog(), clock: { now: Date.now } },
})

/** @returns the outcome as it is; it has to be a backup, and such that the control plane takes it */
export const backedUp = (outcome: JobOutcome) => {
  JobOutcome.parse(outcome)
  if (outcome.status !== 'backed-up') throw new Error(`it was ${outcome.status}`)
  return outcome
}
