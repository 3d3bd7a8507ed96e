import { keys } from '#core/catalog/keys.ts'
import type { After } from '#core/contracts/policies.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { afterKey, type FirePorts, type Firing, fire } from './fire.ts'

/** Runs of the policy that are looked at, newest first: there is one at a time, but for those that people start. */
const RUNS_LOOKED_AT = 5

/** How long ago a run may have ended that is still followed, in ms. */
const LOOK_BACK = 24 * 3_600_000

/** @returns the newest run of a policy that has ended, if that was lately; however many other runs there were since it began */
const lastEnded = async (
  catalog: Catalog,
  policyId: string,
  now: number,
): Promise<(Run & { ended: number }) | undefined> => {
  const { items } = await catalog.query(keys.policyRun(policyId, '').pk, {
    descending: true,
    limit: RUNS_LOOKED_AT,
  })
  for (const { sk: runId } of items) {
    const run = (await catalog.get<Run>(keys.run(runId)))?.value
    if (run?.ended !== undefined && run.ended > now - LOOK_BACK) return { ...run, ended: run.ended }
  }
  return undefined
}

/** Runs a policy after the newest run of the one that it follows, if that ended as it should and nobody followed it yet. */
export const follow = async (
  ports: FirePorts,
  { policy, since }: StoredPolicy,
): Promise<Firing | undefined> => {
  const { after, enabled, pausedUntil = 0, policyId } = policy
  const now = ports.clock.now()
  if (!after || !enabled || pausedUntil > now) return undefined
  const first = await lastEnded(ports.catalog, after.policyId, now)
  if (!first || first.ended <= Math.max(since, pausedUntil)) return undefined
  if (!isAsAwaited(first, after)) return undefined
  return fire(ports, policy, { key: afterKey(policyId, first.runId), due: first.ended })
}

/** A cancelled run is followed by nothing: whoever stopped it meant what comes behind it too. */
const isAsAwaited = ({ state }: Run, { when }: After): boolean =>
  state === 'succeeded' || state === 'warning' || (state === 'failed' && when === 'any')
