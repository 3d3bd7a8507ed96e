import type { JobSpec } from '#core/contracts/jobs.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { readVms } from '#core/inventory/inventory.ts'
import { resolveVms } from '#core/inventory/resolve.ts'
import { limits } from '#core/runs/limits.ts'
import { planComponents } from './components.ts'
import { type PlanRequest, titleOf } from './plan.ts'

/** A job for each VM that is named, and for each template, pool and host. */
export const planBackup: PlanRequest<'backup'> = async (catalog, request) => {
  const { vms: wanted, lock, wire } = request
  const vms = wanted.length > 0 ? resolveVms(await readVms(catalog), wanted) : []
  const specs: JobSpec[] = [
    ...vms.map(({ poolUuid, uuid, name }) => ({
      kind: 'backup-vm' as const,
      poolUuid,
      vmUuid: uuid,
      vmName: name,
      method: 'normal' as const,
      ...(lock && { lock }),
      ...(wire && { wire }),
    })),
    ...(await planComponents(catalog, request)),
  ]
  if (specs.length === 0) throw new RequestInvalidError('nothing is there to be backed up.')
  if (specs.length > limits.jobsPerRun)
    throw new RequestInvalidError(`a run has at most ${limits.jobsPerRun} members.`)
  return { title: titleOf(specs.map(({ vmName }) => vmName)), specs }
}
