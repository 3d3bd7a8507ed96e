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
  if (kind === 'component')
    throw new PointOfOtherKindError(pointId, OTHER_KINDS.component ?? kind, undefined, BY_ITS_GUEST)
  if (other) throw new PointOfOtherKindError(pointId, other)
}

/**
 * Lets points of components of guests through.
 * @throws `POINT_OF_OTHER_KIND`
 */
export const assertComponentPoint = ({ pointId, kind = 'vm' }: PointSummary): void => {
  if (kind === 'component') return
  const what = OTHER_KINDS[kind] ?? 'a virtual machine'
  throw new PointOfOtherKindError(
    pointId,
    what,
    'a component of a guest',
    'Virtual machines and their disks are restored with "xenkeep restore", a whole site with "xenkeep site restore".',
  )
}

const BY_ITS_GUEST =
  'Its guest restores it: "xenkeep guests restore POINT". "xenkeep repo export POINT --disk NAME" writes one of its streams to a file.'
