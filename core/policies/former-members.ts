import type { PointSummary } from '../contracts/points.ts'
import type { Members } from './selection.ts'

type MadePoint = Pick<PointSummary, 'vmUuid' | 'vmName' | 'taken'>

/**
 * What became of VMs that the policy has points of and does not take: gone from every pool, or left out by now, for instance because they were renamed. One sentence
 * for each of the two.
 * @param points those that were made by the policy
 */
export const formerMembers = (
  points: readonly MadePoint[],
  { chosen, leftOut }: Pick<Members, 'chosen' | 'leftOut'>,
): string[] => {
  const newest = new Map<string, MadePoint>()
  for (const point of points)
    if (point.taken >= (newest.get(point.vmUuid)?.taken ?? 0)) newest.set(point.vmUuid, point)
  for (const { vm } of chosen) newest.delete(vm.uuid)
  const names = new Map(leftOut.map(({ vm }) => [vm.uuid, vm.name]))
  const there = [...newest.values()].flatMap(({ vmUuid, vmName }) => {
    const name = names.get(vmUuid)
    if (name === undefined) return []
    return [name === vmName ? `"${name}"` : `"${name}" (which was "${vmName}")`]
  })
  const gone = [...newest.values()].flatMap(({ vmUuid, vmName }) =>
    names.has(vmUuid) ? [] : [`"${vmName}"`],
  )
  return [
    ...(there.length > 0
      ? [
          `It has points of ${some(there)} and takes ${there.length === 1 ? 'it' : 'them'} no more; those points go on expiring, and the newest stay.`,
        ]
      : []),
    ...(gone.length > 0
      ? [
          `It has points of ${some(gone)}, and no pool has ${gone.length === 1 ? 'that VM' : 'those VMs'} any more; those points go on expiring, and the newest stay.`,
        ]
      : []),
  ]
}

const some = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more VMs` : ''}`
