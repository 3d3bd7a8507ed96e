import type { ReplicaReport } from '#repository/index.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatDuration, type TimeFormat } from '../output/units.ts'

/** Names of objects that are shown for one point. */
const SHOWN = 3

/** @returns which points a replica could bring back alone, how far it is behind, and what the others lack, in words */
export const replicaLines = (
  { replica, shut, missingSlots, points, restorable, lag }: ReplicaReport,
  time: TimeFormat,
): string[] => {
  const wanted = points.filter(({ onlyThere }) => !onlyThere)
  const extra = points.length - wanted.length
  const whole = wanted.filter(({ state }) => state === 'restorable').length
  const lines = [
    `Replica ${safeText(replica)}: ${whole.toLocaleString('en')} of ${count(wanted.length, 'recovery point')} can be restored from it alone.`,
  ]
  if (shut !== undefined) return [...lines, `  It cannot be opened: ${safeText(shut)}`]
  if (restorable > 0 && lag !== undefined && lag > 0)
    lines.push(`  It is up to ${formatDuration(lag / 1000)} behind.`)
  if (lag === undefined) lines.push('  Of at least one VM it has no restorable point yet.')
  if (missingSlots.length > 0)
    lines.push(`  It lacks ${count(missingSlots.length, 'key slot')}: ${missingSlots.join(', ')}.`)
  for (const { id, modified, state, missing } of points) {
    if (state === 'absent') lines.push(`  Not there: point ${id} (${time(modified)}).`)
    if (state !== 'incomplete') continue
    const more = missing.length - SHOWN
    const names = missing.slice(0, SHOWN).map(safeText).join(', ')
    lines.push(
      `  Incomplete: point ${id} (${time(modified)}) lacks ${names}${more > 0 ? ` and ${more} more` : ''}.`,
    )
  }
  if (extra > 0)
    lines.push(`  ${count(extra, 'point')} there that the repository does not have (any more).`)
  return lines
}
