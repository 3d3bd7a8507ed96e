import type { Policy, PolicyInput } from '../contracts/policies.ts'
import { PolicyInvalidError } from '../errors/policies.ts'
import { nextTimes } from './schedule.ts'
import { isTimeZone } from './zone.ts'

/**
 * Refuses what the schema cannot: members that do not go together, times that never come, sequences that go in a circle.
 * @param others all policies but this one
 * @param now ms since 1970
 * @throws `POLICY_INVALID`
 */
export const checkPolicy = (
  policy: PolicyInput & { policyId?: string | undefined },
  others: readonly Policy[],
  now: number,
): void => {
  const { schedule, after, window, retention } = policy
  if (schedule && after)
    refuse('it has a schedule and a policy that it follows; it can have one of them.')
  for (const zone of [schedule?.timeZone, window?.timeZone, retention.timeZone])
    if (zone !== undefined && !isTimeZone(zone))
      refuse(`there is no time zone "${zone}"; use a name like Europe/Vienna, or UTC.`)
  if (schedule && nextTimes(schedule, now, 1).length === 0)
    refuse(`the schedule "${schedule.cron}" names a day that never comes.`)
  if (window && window.from === window.to)
    refuse('its window begins and ends at the same time; leave the window out to have none.')
  if (policy.fallback === 'hard-shutdown' && policy.method !== 'offline')
    refuse(`only an offline backup may switch a VM off, and this one is ${policy.method}.`)
  if (policy.hooks && policy.together)
    refuse(
      'it takes snapshots together and has programs around each backup; the snapshots of all would be taken before most of the programs ran.',
    )
  checkSite(policy)
  if (after) checkSequence(policy, after.policyId, others)
}

/** A site says itself what it takes, how, and in which order. */
const checkSite = ({ selection: { include, exclude }, ...policy }: PolicyInput): void => {
  if (![...include, ...exclude].some(({ site }) => site !== undefined)) return
  const [only, ...others] = include
  const beside = Object.values(only ?? {}).filter(value => value !== undefined)
  if (only?.site === undefined || others.length > 0 || beside.length > 1 || exclude.length > 0)
    refuse(
      'it backs up a site, and takes or leaves out single VMs as well; say in the definition of the site what is left out, and make a policy of its own for other VMs.',
    )
  if (policy.together)
    refuse('it backs up a site and takes snapshots together; a site has an order of its own.')
  if (policy.method !== 'normal' || policy.fallback)
    refuse(
      'it backs up a site and names a method; the definition of the site has the method of each component.',
    )
}

const checkSequence = (
  { policyId, name }: { policyId?: string | undefined; name: string },
  first: string,
  others: readonly Policy[],
): void => {
  const known = new Map(others.map(other => [other.policyId, other]))
  const path = [name]
  for (let at: string | undefined = first; at !== undefined; ) {
    if (at === policyId)
      refuse(`policies would follow each other in a circle: ${path.join(' after ')}.`)
    const before: Policy | undefined = known.get(at)
    if (!before) {
      // What an earlier policy follows may be gone since; that is not this one's fault.
      if (at === first) refuse(`there is no policy ${at} that it could follow.`)
      return
    }
    path.push(before.name)
    at = path.length > others.length + 1 ? undefined : before.after?.policyId
  }
}

const refuse = (why: string): never => {
  throw new PolicyInvalidError(why)
}
