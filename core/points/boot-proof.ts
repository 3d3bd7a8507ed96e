import { isGoodBoot } from '../contracts/boot-check.ts'
import type { BootProof } from '../contracts/boot-checks-api.ts'
import { timeText } from '../overview/words.ts'
import type { ProtectedVm } from './points-catalog.ts'

const DAY = 86_400_000 // ms
/** A good check counts as old from so many days on, unless somebody says otherwise. */
export const OLD_AFTER_DAYS = 30

type Mark = Pick<ProtectedVm, 'checked' | 'newest'>

/** How well it is proven that a VM can be got back. @param days from how many on a good check is old */
export const proofOf = ({ checked }: Mark, now: number, days: number): BootProof => {
  if (checked === undefined) return 'unknown'
  if (checked === null) return 'never'
  if (!isGoodBoot(checked.result)) return 'bad'
  if (checked.gone) return 'gone'
  return now - checked.result.at >= days * DAY ? 'old' : 'good'
}

/** What is proven and what is not, in plain words. */
export const proofLine = ({ checked, newest }: Mark, now: number): string => {
  if (checked === undefined)
    return 'Whether it was ever checked is known again after its next backup or check: older versions did not keep it by virtual machine.'
  if (checked === null) return 'No boot check of it yet: that it can be restored is not proven.'
  const { result, pointId, taken, gone } = checked
  const days = Math.floor((now - result.at) / DAY)
  return [
    result.sentence,
    result.standby
      ? `That state was held by ${quotedName(result.standby.name)}.`
      : `Checked was the point of ${timeText(taken)}.`,
    ...(days > 0 ? [`That was ${days === 1 ? 'a day' : `${days} days`} ago.`] : []),
    ...(gone
      ? ['That point was deleted since; of those that are left none is proven by it.']
      : newest.pointId > pointId
        ? ['Newer points have not been checked.']
        : []),
  ].join(' ')
}

const quotedName = (name: string): string => `"${name.slice(0, 200).toWellFormed()}"`
