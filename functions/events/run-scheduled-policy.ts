import { z } from 'zod'
import { Ulid } from '#core/contracts/ids.ts'
import { whereActive } from '../middleware/event-handler.ts'
import { fireScheduled } from '../policies/fire-schedule.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'

/** What a schedule of EventBridge says: the policy, and the time that it fires for, which is only for whoever reads the dead letters. */
export const ScheduledPolicy = z.object({ policyId: Ulid, due: z.string().max(100).optional() })

/** Runs a policy whose time has come; called twice for one time, or for one that is over, it does nothing. */
export const runScheduledPolicy =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region'>) =>
  async ({ policyId }: z.output<typeof ScheduledPolicy>) => {
    const run = (active: typeof ports) => async () => (await fireScheduled(active, policyId)) ?? {}
    return whereActive(run)(ports)()
  }

export const handler = taskHandler(ScheduledPolicy, runScheduledPolicy)
