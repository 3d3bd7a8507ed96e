import type { RestoreVmSpec, RestoreWishes } from '#core/contracts/restore.ts'
import { SrNotFoundError } from '#core/errors/control.ts'
import { RestoreRequestError } from '#core/errors/restore.ts'
import { readPool } from '#core/inventory/inventory.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import { type PlanRequest, titleOf } from './plan.ts'
import { planRehearsal } from './rehearsal.ts'
import { assertVmPoint } from './vm-point.ts'

/** A job for each point. What only the pool knows is looked at by the gateway, before it writes anything. */
export const planRestore: PlanRequest<'restore'> = async (catalog, request) => {
  const { pointId, newName, wishes = {} } = request
  const pointIds = typeof pointId === 'string' ? [pointId] : pointId
  guardRequest(pointIds, newName, wishes)
  const [first = '', ...more] = pointIds
  const rehearsal =
    wishes.planOnly && more.length === 0
      ? await planRehearsal(catalog, first, request.poolUuid)
      : undefined
  if (rehearsal) return rehearsal
  const specs: RestoreVmSpec[] = []
  for (const id of pointIds) specs.push(await specOf(catalog, request, id))
  guardOncePerVm(specs)
  const names = specs.map(({ vmName }) => vmName)
  const [only] = specs
  const title =
    only && specs.length === 1
      ? `${quoted(only.vmName, 200)} ${manner(only, wishes)}`
      : titleOf(names)
  return { title: `${wishes.planOnly ? 'plan only: ' : ''}${title}`, specs }
}

const manner = ({ newName }: RestoreVmSpec, { identity }: RestoreWishes): string => {
  if (identity === 'same') return 'in place'
  return identity === 'disks-only' ? 'into its disks' : `as ${quoted(newName, 200)}`
}

const specOf = async (
  catalog: Catalog,
  { newName, poolUuid, srUuid, start, wishes }: Parameters<PlanRequest<'restore'>>[1],
  pointId: string,
): Promise<RestoreVmSpec> => {
  const point = await readPoint(catalog, pointId)
  assertVmPoint(point)
  const pool = await readPool(catalog, poolUuid ?? point.poolUuid)
  if (srUuid !== undefined && !pool.srs.some(({ uuid }) => uuid === srUuid))
    throw new SrNotFoundError(srUuid, pool.name)
  const isNew = (wishes?.identity ?? 'new') === 'new'
  return {
    kind: 'restore-vm',
    poolUuid: pool.uuid,
    vmUuid: point.vmUuid,
    vmName: point.vmName,
    pointId,
    newName: newName ?? (isNew ? `${point.vmName.slice(0, 900)} (restored)` : point.vmName),
    ...(srUuid === undefined ? {} : { srUuid }),
    start,
    ...(wishes && { wishes }),
  }
}

const guardRequest = (
  pointIds: readonly string[],
  newName: string | undefined,
  { identity = 'new', ...wishes }: RestoreWishes,
): void => {
  const refuse = (why: string): never => {
    throw new RestoreRequestError(why)
  }
  if (new Set(pointIds).size < pointIds.length) refuse('a recovery point is named twice')
  if (newName !== undefined && pointIds.length > 1)
    refuse('one name cannot be given to several VMs')
  if (identity === 'new' && (wishes.replace || wishes.shutDown))
    refuse('a new VM replaces none, so there is nothing to consent to')
  if (identity !== 'disks-only') return
  if (newName !== undefined) refuse('writing into the disks of a VM does not rename it')
  const beside = Object.entries(wishes).find(
    ([wish, value]) => value !== undefined && !DISKS_ONLY.has(wish),
  )
  if (beside) refuse(`writing into the disks of a VM leaves all else as it is, "${beside[0]}" too`)
}

const DISKS_ONLY = new Set(['replace', 'shutDown', 'keepSafetySnapshot', 'planOnly'])

/** Two states of one VM cannot both be the VM. */
const guardOncePerVm = (specs: readonly RestoreVmSpec[]): void => {
  const seen = new Set<string>()
  for (const { vmUuid, vmName, wishes } of specs) {
    if ((wishes?.identity ?? 'new') === 'new') continue
    if (seen.has(vmUuid))
      throw new RestoreRequestError(`two recovery points are of the same VM ${quoted(vmName)}`)
    seen.add(vmUuid)
  }
}
