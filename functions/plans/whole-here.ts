import type { JobSpec } from '#core/contracts/jobs.ts'
import { PointNotWholeHereError } from '#core/errors/region.ts'
import { withReplicated } from '#core/replicated/replicated-catalog.ts'
import type { Ports } from '../ports.ts'

/**
 * Refuses to restore what the bucket of this region does not hold, as far as a gateway has compared it with that of the other one. A point that was never compared is tried; it
 * says at the gateway what is missing.
 * @throws `POINT_NOT_WHOLE_HERE`
 */
export const assertWholeHere = async (
  { catalog, region }: Pick<Ports, 'catalog' | 'region'>,
  specs: readonly JobSpec[],
): Promise<void> => {
  const { here, first } = region.setup
  const { record } = await region.view()
  if (!record) return // nobody ever took over: the repository itself is here
  // In the region that the deployment began in, what is compared since it is active again is a third copy beside its own bucket.
  const isOfHere = ({ place, asOf = 0 }: { place: string; asOf?: number | undefined }) =>
    place === here && (here !== first || asOf < record.since)
  const points = specs.flatMap(spec => {
    if (spec.kind === 'restore-component') return [{ pointId: spec.pointId, vmName: spec.name }]
    return spec.kind === 'restore-vm' ||
      spec.kind === 'restore-new-disks' ||
      spec.kind === 'read-files' ||
      spec.kind === 'read-site-plan'
      ? [{ pointId: spec.pointId, vmName: spec.vmName }]
      : []
  })
  for (const { pointId, vmName, replicated } of await withReplicated(catalog, points)) {
    const isLacking = replicated?.state === 'incomplete' || replicated?.state === 'absent'
    if (isLacking && isOfHere(replicated))
      throw new PointNotWholeHereError(pointId, vmName, replicated)
  }
}
