import type { PointSummary } from '#core/contracts/points.ts'
import { timeNow } from '../../api/clock.ts'
import { Time } from '../../components/time.tsx'
import { points as words } from '../../text/vm.ts'

/** How a point is locked, as the store showed it last. */
export const LockSign = ({ lock }: Pick<PointSummary, 'lock'>) => {
  if (lock === undefined) return words.lockUnknown
  if (lock === null || lock.until <= timeNow()) return words.notLocked
  return (
    <>
      {words.lockedUntil} <Time at={lock.until} /> ({words.mode[lock.mode]})
    </>
  )
}
