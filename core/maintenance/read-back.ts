import type { PointSummary } from '../contracts/points.ts'
import type { ListedPoint } from '../contracts/runs-api.ts'
import { countText } from '../count-text.ts'
import type { RepositoryState } from './state.ts'

const DAY = 86_400_000

/**
 * @param told what the last verification told of all points
 * @param now ms since 1970
 * @returns what that comes to for one point: nothing before any verification has told
 */
export const readBackStatus = (
  told: RepositoryState['readBack'],
  now: number,
): ((point: Pick<PointSummary, 'pointId' | 'committed'>) => Pick<ListedPoint, 'readBack'>) => {
  if (!told) return () => ({})
  const { at, result } = told
  const { days, overdue, named } = result
  const overdueOnes = new Set(named)
  const asOf = day(at)
  const status = (
    state: NonNullable<ListedPoint['readBack']>['state'],
    text: string,
  ): Pick<ListedPoint, 'readBack'> => ({ readBack: { state, text } })
  return ({ pointId, committed }) => {
    if (overdueOnes.has(pointId))
      return status(
        'overdue',
        `OVERDUE: not all of it was read back in ${countText(days, 'day')}, as of ${asOf}`,
      )
    if (committed > at - days * DAY && committed + days * DAY <= now)
      return status(
        'not-told',
        `not told: it was younger than ${countText(days, 'day')} when the last verification that read told of it, ${asOf}`,
      )
    if (committed > at - days * DAY)
      return status(
        'not-due',
        `younger than ${countText(days, 'day')}, to be read back by ${day(committed + days * DAY)}`,
      )
    if (overdue > named.length)
      return status(
        'not-told',
        `not told: ${overdue} points are overdue, and ${named.length} named`,
      )
    return status(
      'whole',
      `all of it was read back, or written anew, within ${countText(days, 'day')}, as of ${asOf}`,
    )
  }
}

const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10)
