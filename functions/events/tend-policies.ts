import { readPolicies } from '#core/policies/policies-catalog.ts'
import type { FirePorts } from '../policies/fire.ts'
import { fireSchedule } from '../policies/fire-schedule.ts'
import { follow } from '../policies/follow.ts'
import { keepSchedules } from '../policies/keep-schedules.ts'
import { sweepDeleted } from '../policies/sweep-firings.ts'
import type { Ports } from '../ports.ts'
import { eventHandler } from '../runtime.ts'

/**
 * Looks after policies: runs those whose time has come and was not taken by the scheduler of the cloud, those that follow another one, tells of times that
 * were missed, and keeps the scheduler of the cloud as the policies are. Called each second on one machine, each minute in the cloud; may be called by
 * several at once.
 */
export const tendPolicies =
  (ports: FirePorts & Pick<Ports, 'schedules' | 'region'>) => async () => {
    const troubles: unknown[] = []
    const attempt = <T>(work: Promise<T>): Promise<T | undefined> =>
      work.catch(error => {
        troubles.push(error) // one that is in trouble keeps no other waiting
        return undefined
      })
    const all = await readPolicies(ports.catalog, { deleted: true })
    const policies = all.flatMap(({ value }) => (value.deleted ? [] : [value]))
    await attempt(keepSchedules(ports, policies))
    let fired = 0
    for (const stored of policies) {
      const firing = await attempt(
        stored.policy.after ? follow(ports, stored) : fireSchedule(ports, stored),
      )
      if (firing) fired++
    }
    for (const item of all) await attempt(sweepDeleted(ports.catalog, item, ports.clock.now()))
    if (troubles.length > 0) throw troubles[0]
    return { fired }
  }

export const handler = eventHandler(tendPolicies)
