import { readPoint } from '#core/points/points-catalog.ts'
import { quoted } from '#core/runs/explain.ts'
import type { PlanRequest } from './plan.ts'
import { assertVmPoint } from './vm-point.ts'

/** One job, for the repository: there may be no pool any more. */
export const planFiles: PlanRequest<'files'> = async (catalog, { pointId, publicKey }) => {
  const point = await readPoint(catalog, pointId)
  assertVmPoint(point)
  const { vmUuid, vmName, taken } = point
  const when = new Date(taken).toISOString().slice(0, 16).replace('T', ' ')
  return {
    title: `files of ${quoted(vmName, 200)} as of ${when} UTC`,
    specs: [{ kind: 'read-files', pointId, vmUuid, vmName, publicKey }],
  }
}
