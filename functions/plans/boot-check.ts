import type { PointSummary } from '#core/contracts/points.ts'
import { NothingToCheckError } from '#core/errors/boot-check.ts'
import { SrNotFoundError } from '#core/errors/control.ts'
import { readPool } from '#core/inventory/inventory.ts'
import { readPoint, readProtectedVms } from '#core/points/points-catalog.ts'
import { type PlanRequest, titleOf } from './plan.ts'
import { assertVmPoint } from './vm-point.ts'

/** A job for each point, in the pool where the VM was backed up unless told. */
export const planBootCheck: PlanRequest<'boot-check'> = async (catalog, request) => {
  const { allLatest, srUuid, poolUuid, timeoutSeconds, script, guestVerdict } = request
  const pointIds = allLatest
    ? (await readProtectedVms(catalog)).map(({ newest }) => newest.pointId)
    : [...new Set(request.pointIds)]
  if (pointIds.length === 0) throw new NothingToCheckError()
  const known: PointSummary[] = []
  for (const pointId of pointIds) known.push(await readPoint(catalog, pointId))
  // Templates are made to be copied, not booted; pools and hosts cannot be.
  const points = allLatest ? known.filter(({ kind = 'vm' }) => kind === 'vm') : known
  if (points.length === 0) throw new NothingToCheckError()
  for (const point of points) assertVmPoint(point)
  const pools = new Map<string, string>()
  for (const point of points) {
    const pool = await readPool(catalog, poolUuid ?? point.poolUuid)
    if (srUuid !== undefined && !pool.srs.some(({ uuid }) => uuid === srUuid))
      throw new SrNotFoundError(srUuid, pool.name)
    pools.set(point.pointId, pool.uuid)
  }
  return {
    title: titleOf(points.map(({ vmName }) => vmName)),
    specs: points.map(({ pointId, vmUuid, vmName, poolUuid: home }) => ({
      kind: 'boot-check',
      poolUuid: pools.get(pointId) ?? home,
      vmUuid,
      vmName,
      pointId,
      timeoutSeconds,
      ...(srUuid && { srUuid }),
      ...(script && { script }),
      ...(guestVerdict && { guestVerdict }),
    })),
  }
}
