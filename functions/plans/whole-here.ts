import type { JobSpec } from '#core/contracts/jobs.ts'
import { PointNotWholeHereError } from '#core/errors/region.ts'
import { withReplicated } from '#core/replicated/replicated-catalog.ts'
import type { Ports } from '../ports.ts'

/**
 * Refuses to restore what the copy of the repository in this region does not hold, as far as a gateway has compared it. Only where this region took over: the one that the
 * deployment began in restores from the repository itself. A point that was never compared is tried; it says at the gateway what is missing.
 * @throws `POINT_NOT_WHOLE_HERE`
 */
export const assertWholeHere = async (
  { catalog, region: { setup } }: Pick<Ports, 'catalog' | 'region'>,
  specs: readonly JobSpec[],
): Promise<void> => {
  const { here, first, others } = setup
  if (others.length === 0 || here === first) return
  const points = specs.flatMap(spec =>
    spec.kind === 'restore-vm' || spec.kind === 'restore-new-disks'
      ? [{ pointId: spec.pointId, vmName: spec.vmName }]
      : [],
  )
  for (const { pointId, vmName, replicated } of await withReplicated(catalog, points))
    if (
      replicated?.place === here &&
      (replicated.state === 'incomplete' || replicated.state === 'absent')
    )
      throw new PointNotWholeHereError(pointId, vmName, replicated)
}
