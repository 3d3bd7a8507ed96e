import type { z } from 'zod'
import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import type { StartRunRequest } from '#core/contracts/runs-api.ts'
import { NothingToBackUpError, RequestInvalidError } from '#core/errors/request.ts'
import { readVms, type StoredVm } from '#core/inventory/inventory.ts'
import { resolveVms } from '#core/inventory/resolve.ts'
import { limits } from '#core/runs/limits.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import { planComponents } from './components.ts'
import { type PlanRequest, titleOf } from './plan.ts'

type BackupRequest = Extract<z.output<typeof StartRunRequest>, { kind: 'backup' }>

/** A job for each VM that is named, each with its method, and for each template, pool and host. */
export const planBackup: PlanRequest<'backup'> = async (catalog, request) => {
  const { vms: wanted, lock, wire, perVm = [], together } = request
  if (wanted.length === 0 && !request.templates && !request.pools && !request.hosts)
    throw new RequestInvalidError('it does not say what is to be backed up.')
  const known = wanted.length > 0 ? await readVms(catalog) : []
  const vms = resolveVms(known, wanted)
  const own = new Map(
    perVm.map(({ vm, ...choice }) => {
      const [found] = resolveVms(known, [vm])
      if (!found || !vms.includes(found))
        throw new RequestInvalidError(`the VM "${vm}" is treated of its own but not backed up.`)
      guardDisks(found, choice.excludedDisks)
      return [found.uuid, choice] as const
    }),
  )
  const backups = vms.map(
    ({ poolUuid, uuid, name }): BackupVmSpec => ({
      kind: 'backup-vm',
      poolUuid,
      vmUuid: uuid,
      vmName: name,
      ...choiceOf(request, own.get(uuid), name),
      ...(lock && { lock }),
      ...(wire && { wire }),
    }),
  )
  const specs = [...backups, ...(await planComponents(catalog, request))]
  if (specs.length === 0) throw new NothingToBackUpError()
  if (specs.length > limits.jobsPerCall)
    throw new RequestInvalidError(`a run has at most ${limits.jobsPerCall} members.`)
  return {
    title: titleOf(specs.map(subjectOf)),
    specs,
    ...(together && { together }),
  }
}

/** A disk that is not there can only be a slip: the one that was meant would be backed up. */
const guardDisks = ({ name, disks }: StoredVm, excluded: readonly string[] = []): void => {
  const there = disks.map(({ userdevice }) => userdevice)
  const wrong = excluded.find(userdevice => !there.includes(userdevice))
  if (wrong !== undefined)
    throw new RequestInvalidError(
      `the VM "${name}" has no disk ${wrong} to leave out; it has: ${there.join(', ') || 'none'}.`,
    )
}

type Own = Omit<NonNullable<BackupRequest['perVm']>[number], 'vm'>

/** What is told for the VM itself goes before what is told for the run. */
const choiceOf = (run: BackupRequest, own: Own | undefined, vmName: string) => {
  const { excludedDisks } = own ?? {}
  const method = own?.method ?? run.method ?? 'normal'
  const fallback = own?.fallback ?? run.fallback
  const shutdownSeconds = own?.shutdownSeconds ?? run.shutdownSeconds
  const freezeSeconds = own?.freezeSeconds ?? run.freezeSeconds
  if (fallback === 'hard-shutdown' && method !== 'offline')
    throw new RequestInvalidError(
      `only an offline backup may switch a VM off, and that of "${vmName}" is to be ${method}.`,
    )
  return {
    method,
    ...(fallback && { fallback }),
    ...(shutdownSeconds !== undefined && { shutdownSeconds }),
    ...(freezeSeconds !== undefined && { freezeSeconds }),
    ...(excludedDisks && { excludedDisks }),
  }
}
