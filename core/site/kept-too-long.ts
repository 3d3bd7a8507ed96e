import type { Policy, Retention } from '../contracts/policies.ts'
import type { SiteGraph, SiteProblem } from '../contracts/site-graph.ts'
import { clip } from './known.ts'
import { knownTombstoneLife, retentionPastTombstone } from './rules/tombstone-life.ts'
import { numbers } from './skips.ts'
import { byText, quoted } from './words.ts'

/** Days that a point is kept at most by rules of the calendar; a count of the newest alone says nothing of time. */
const keptDays = ({ days, hourly, daily, weekly, monthly, yearly, forever }: Retention): number =>
  forever
    ? Number.POSITIVE_INFINITY
    : Math.max(
        days ?? 0,
        Math.ceil((hourly ?? 0) / 24),
        daily ?? 0,
        (weekly ?? 0) * 7,
        (monthly ?? 0) * 31,
        (yearly ?? 0) * 366,
      )

/**
 * Points of domain controllers that a policy keeps for longer than their directory lets them be of use.
 * @param policies that back up the site
 */
export const keptTooLong = (
  policies: readonly Pick<Policy, 'name' | 'retention'>[],
  { tasks, about }: Pick<SiteGraph, 'tasks' | 'about'>,
): SiteProblem[] => {
  const covers = numbers(tasks.flatMap(task => (task.roles.includes('dc') ? task.covers : [])))
  if (covers.length === 0) return []
  const life = knownTombstoneLife(about?.tombstoneDays)
  const inOrder = [...policies].sort((a, b) => byText(a.name, b.name))
  return inOrder.flatMap(({ name, retention }) => {
    const kept = keptDays(retention)
    const said = retentionPastTombstone(kept, life)
    if (said === undefined) return []
    const text = said.replace(`for up to ${Number.POSITIVE_INFINITY} days`, 'for ever')
    return [
      {
        ...{ code: 'SITE_DC_KEPT_TOO_LONG', level: 'warning' as const, covers },
        text: clip(
          `By the policy ${quoted(name)}: ${text.slice(0, 1).toLowerCase()}${text.slice(1)}`,
        ),
        advice:
          'Nothing is wrong where older points are kept for their files. A restore of the domain controller from one of them is refused, unless the rule is set aside with a reason.',
      },
    ]
  })
}
