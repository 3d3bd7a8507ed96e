import type { RestoreVmSpec, RestoreWishes } from '#core/contracts/restore.ts'
import type { RestoreNewDisksSpec } from '#core/contracts/restore-new-disks.ts'
import { SrNotFoundError } from '#core/errors/control.ts'
import { RestoreRequestError } from '#core/errors/restore.ts'
import { readPool } from '#core/inventory/inventory.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import { domainControllerBySite, namesDomainControllers } from '#core/site/domain-controllers.ts'
import { readSiteGuests } from '#core/sites/site-guests.ts'
import { readSites } from '#core/sites/sites-catalog.ts'
import { type PlanRequest, titleOf } from './plan.ts'
import { planRehearsal } from './rehearsal.ts'
import { asksForNewDisks, diskWishes } from './restore-new-disks.ts'
import { assertVmPoint } from './vm-point.ts'

/** A job for each point. What only the pool knows is looked at by the gateway, before it writes anything. */
export const planRestore: PlanRequest<'restore'> = async (catalog, request) => {
  const { pointId, newName, wishes = {} } = request
  const pointIds = typeof pointId === 'string' ? [pointId] : pointId
  const newDisks = asksForNewDisks(wishes, request)
  if (!newDisks) guardRequest(newName, wishes)
  guardPoints(pointIds, newName)
  const [first = '', ...more] = pointIds
  const rehearsal =
    wishes.planOnly && more.length === 0
      ? await planRehearsal(catalog, first, request.poolUuid)
      : undefined
  if (rehearsal) return rehearsal
  const specs: (RestoreVmSpec | RestoreNewDisksSpec)[] = []
  const isController = await domainControllers(catalog)
  for (const id of pointIds) {
    const spec = await specOf(catalog, request, id, newDisks)
    const controller =
      spec.kind === 'restore-vm' && isController({ uuid: spec.vmUuid, name: spec.vmName })
    specs.push(controller ? { ...spec, domainController: controller } : spec)
  }
  guardOncePerVm(specs)
  const names = specs.map(({ vmName }) => vmName)
  const [only] = specs
  const title =
    only && specs.length === 1
      ? `${quoted(only.vmName, 200)} ${manner(only, wishes)}`
      : titleOf(names)
  return { title: `${wishes.planOnly ? 'plan only: ' : ''}${title}`, specs }
}

/** What definitions of sites say of VMs; agents are asked only where one names a domain controller. */
const domainControllers = async (catalog: Catalog) => {
  const sites = (await readSites(catalog)).map(({ value }) => value.site)
  const naming = sites.filter(namesDomainControllers)
  const guests = naming.length > 0 ? await readSiteGuests(catalog, new Map()) : []
  return (vm: { uuid: string; name: string }) => domainControllerBySite(naming, guests, vm)
}

const manner = (spec: RestoreVmSpec | RestoreNewDisksSpec, wishes: RestoreWishes): string => {
  const disks = (wishes.disks ?? []).map(disk => quoted(disk, 50)).join(', ')
  if (spec.kind === 'restore-new-disks') return `disk ${disks.slice(0, 150)} alone`
  const { newName } = spec
  const { identity } = wishes
  if (identity === 'same') return 'in place'
  if (identity === 'disks-only' && disks) return `into its disk ${disks.slice(0, 150)}`
  return identity === 'disks-only' ? 'into its disks' : `as ${quoted(newName, 200)}`
}

const specOf = async (
  catalog: Catalog,
  { newName, poolUuid, srUuid, start, wishes }: Parameters<PlanRequest<'restore'>>[1],
  pointId: string,
  newDisks: boolean,
): Promise<RestoreVmSpec | RestoreNewDisksSpec> => {
  const point = await readPoint(catalog, pointId)
  assertVmPoint(point)
  const pool = await readPool(catalog, poolUuid ?? point.poolUuid)
  if (srUuid !== undefined && !pool.srs.some(({ uuid }) => uuid === srUuid))
    throw new SrNotFoundError(srUuid, pool.name)
  if (newDisks)
    return {
      kind: 'restore-new-disks',
      ...{ poolUuid: pool.uuid, vmUuid: point.vmUuid, vmName: point.vmName, pointId },
      ...(newName === undefined ? {} : { newName }),
      ...(srUuid === undefined ? {} : { srUuid }),
      wishes: diskWishes(wishes ?? {}),
    }
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

const guardPoints = (pointIds: readonly string[], newName: string | undefined): void => {
  if (new Set(pointIds).size < pointIds.length)
    throw new RestoreRequestError('a recovery point is named twice')
  if (newName !== undefined && pointIds.length > 1)
    throw new RestoreRequestError('one name cannot be given to several of them')
}

const guardRequest = (
  newName: string | undefined,
  { identity = 'new', ...wishes }: RestoreWishes,
): void => {
  const refuse = (why: string): never => {
    throw new RestoreRequestError(why)
  }
  if (identity === 'new' && (wishes.replace || wishes.shutDown))
    refuse('a new VM replaces none, so there is nothing to consent to')
  if (wishes.resume && wishes.macs === 'new')
    refuse('a guest that goes on from its memory keeps its MAC addresses')
  if (identity !== 'disks-only') return
  if (newName !== undefined) refuse('writing into the disks of a VM does not rename it')
  const beside = Object.entries(wishes).find(
    ([wish, value]) => value !== undefined && !DISKS_ONLY.has(wish),
  )
  if (beside) refuse(`writing into the disks of a VM leaves all else as it is, "${beside[0]}" too`)
}

const DISKS_ONLY = new Set([
  'disks',
  'replace',
  'shutDown',
  'keepSafetySnapshot',
  'overrides',
  'planOnly',
])

/** Two states of one VM cannot both be the VM. */
const guardOncePerVm = (specs: readonly (RestoreVmSpec | RestoreNewDisksSpec)[]): void => {
  const seen = new Set<string>()
  for (const spec of specs) {
    if (spec.kind === 'restore-new-disks' || (spec.wishes?.identity ?? 'new') === 'new') continue
    const { vmUuid, vmName } = spec
    if (seen.has(vmUuid))
      throw new RestoreRequestError(`two recovery points are of the same VM ${quoted(vmName)}`)
    seen.add(vmUuid)
  }
}
