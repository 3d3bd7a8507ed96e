import { keys } from '#core/catalog/keys.ts'
import type { After } from '#core/contracts/policies.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { afterKey, type FirePorts, type Firing, fire } from './fire.ts'

/** Runs that are looked at, newest first, and how old they may be, in ms. */
const RUNS_LOOKED_AT = 50
const LOOK_BACK = 24 * 3_600_000

/** The runs that ended lately, newest first. */
export const endedLately = async (catalog: Catalog, now: number): Promise<Run[]> => {
  const { items } = await catalog.query<Run>(keys.run('').pk, {
    descending: true,
    limit: RUNS_LOOKED_AT,
  })
  return items.map(({ value }) => value).filter(({ ended = 0 }) => ended > now - LOOK_BACK)
}

/** Runs a policy after the newest run of the one that it follows, if that ended as it should and nobody followed it yet. */
export const follow = async (
  ports: FirePorts,
  { policy, since }: StoredPolicy,
  ended: readonly Run[],
): Promise<Firing | undefined> => {
  const { after, enabled, pausedUntil = 0, policyId } = policy
  if (!after || !enabled || pausedUntil > ports.clock.now()) return undefined
  const first = ended.find(run => run.policyId === after.policyId)
  if (first?.ended === undefined || first.ended <= Math.max(since, pausedUntil)) return undefined
  if (!isAsAwaited(first, after)) return undefined
  return fire(ports, policy, { key: afterKey(policyId, first.runId), due: first.ended })
}

/** A cancelled run is followed by nothing: whoever stopped it meant what comes behind it too. */
const isAsAwaited = ({ state }: Run, { when }: After): boolean =>
  state === 'succeeded' || state === 'warning' || (state === 'failed' && when === 'any')
