import type { HealReport } from '#repository/index.ts'
import { safeText } from '../output/safe-text.ts'
import { count } from '../output/units.ts'

/** @returns what was put back and what was not, in words */
export const healingLines = ({ healed, kept, left }: HealReport): string[] => {
  if (healed.length + kept.length + left.length === 0)
    return ['Healing: there was nothing to put back.']
  return [
    `Healing: ${count(healed.length, 'object')} put back, ${left.length} left as they are.`,
    ...healed.map(({ object, from }) => `  ${safeText(object)}: put back from ${safeText(from)}.`),
    ...kept.map(
      ({ point, packs }) =>
        `  ${safeText(point)} is whole by copies in ${count(packs.length, 'pack')} of other points, which stay for it now.`,
    ),
    ...left.map(({ object, because }) => `  ${safeText(object)}: ${safeText(because)}`),
    ...(left.length > 0
      ? ['  What is left damaged, the next backups read again where the guests still have it.']
      : []),
  ]
}
