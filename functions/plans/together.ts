import type { z } from 'zod'
import type { SnapshotGroup, WhenOneFails } from '#core/contracts/methods.ts'
import { GroupUnsuitableError } from '#core/errors/methods.ts'
import type { Job } from '#core/runs/job.ts'

/**
 * The VMs of one run as one group: each knows the others, so that whichever comes first can take the snapshots of all. Other jobs of the run stay as they are.
 * @throws `GROUP_UNSUITABLE`
 */
export const asGroup = (
  jobs: readonly Job[],
  whenOneFails: z.infer<typeof WhenOneFails>,
): Job[] => {
  const backups = jobs.flatMap(job =>
    job.spec.kind === 'backup-vm' ? [{ ...job, spec: job.spec }] : [],
  )
  const [first] = backups
  if (!first || backups.length < 2)
    throw new GroupUnsuitableError('a group has two members or more')
  if (backups.length > 64)
    throw new GroupUnsuitableError(
      `there are ${backups.length}, and a group has 64 members at most`,
    )
  const elsewhere = backups.find(({ spec }) => spec.poolUuid !== first.spec.poolUuid)
  if (elsewhere)
    throw new GroupUnsuitableError(
      `"${first.spec.vmName}" and "${elsewhere.spec.vmName}" are in different pools`,
    )
  const group: SnapshotGroup = {
    id: first.runId,
    whenOneFails,
    members: backups.map(({ jobId, spec }) => ({
      jobId,
      vmUuid: spec.vmUuid,
      vmName: spec.vmName,
      method: spec.method,
      ...(spec.fallback && { fallback: spec.fallback }),
      ...(spec.shutdownSeconds !== undefined && { shutdownSeconds: spec.shutdownSeconds }),
      ...(spec.freezeSeconds !== undefined && { freezeSeconds: spec.freezeSeconds }),
      ...(spec.excludedDisks && { excludedDisks: spec.excludedDisks }),
    })),
  }
  return jobs.map(job =>
    job.spec.kind === 'backup-vm' ? { ...job, spec: { ...job.spec, group } } : job,
  )
}
