import { NothingToCheckError } from '#core/errors/boot-check.ts'
import { SrNotFoundError } from '#core/errors/control.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { readPool } from '#core/inventory/inventory.ts'
import { readPoint, readProtectedVms } from '#core/points/points-catalog.ts'
import { limits } from '#core/runs/limits.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import { type PlanRequest, titleOf } from './plan.ts'
import { assertVmPoint } from './vm-point.ts'

/** A job for each point, in the pool where the VM was backed up unless told. */
export const planBootCheck: PlanRequest<'boot-check'> = async (catalog, request) => {
  const { allLatest, srUuid, poolUuid, timeoutSeconds, script, guestVerdict } = request
  const pointIds = allLatest
    ? (await readProtectedVms(catalog)).map(({ newest }) => newest.pointId)
    : [...new Set(request.pointIds)]
  if (pointIds.length === 0) throw new NothingToCheckError()
  if (pointIds.length > limits.jobsPerCall)
    throw new RequestInvalidError(
      `there are ${pointIds.length} points to check, and a run that is asked for has at most ${limits.jobsPerCall} members; name some of them.`,
    )
  const known = await someAtOnce(pointIds, pointId => readPoint(catalog, pointId))
  // Templates are made to be copied, not booted; pools and hosts cannot be.
  const points = allLatest ? known.filter(({ kind = 'vm' }) => kind === 'vm') : known
  if (points.length === 0) throw new NothingToCheckError()
  for (const point of points) assertVmPoint(point)
  for (const wanted of new Set(poolUuid ? [poolUuid] : points.map(point => point.poolUuid))) {
    const pool = await readPool(catalog, wanted)
    if (srUuid !== undefined && !pool.srs.some(({ uuid }) => uuid === srUuid))
      throw new SrNotFoundError(srUuid, pool.name)
  }
  return {
    title: titleOf(points.map(({ vmName }) => vmName)),
    specs: points.map(({ pointId, vmUuid, vmName, poolUuid: home }) => ({
      kind: 'boot-check',
      poolUuid: poolUuid ?? home,
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
