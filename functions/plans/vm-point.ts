import type { PointKind, PointSummary } from '#core/contracts/points.ts'
import { PointOfOtherKindError } from '#core/errors/components.ts'

const OTHER_KINDS: Partial<Record<PointKind, string>> = {
  'pool-metadata': 'the metadata of a pool',
  host: 'the control domain of a host',
  component: 'a component of a guest',
  site: 'a whole site',
}

/**
 * Lets points of VMs and templates through.
 * @throws `POINT_OF_OTHER_KIND`
 */
export const assertVmPoint = ({ pointId, kind = 'vm' }: PointSummary): void => {
  const other = OTHER_KINDS[kind]
  if (other) throw new PointOfOtherKindError(pointId, other)
}
