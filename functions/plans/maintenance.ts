import type { JobSpec } from '#core/contracts/jobs.ts'
import type { PlanRequest } from './plan.ts'

/** What one maintenance run does, as the catalog stands: one job after the other (core/maintenance/turn.ts). */
export const planMaintenance: PlanRequest<'maintenance'> = async (
  _catalog,
  { steps, verification },
) => {
  const { level = 1, share } = verification ?? {}
  const specs: JobSpec[] = [
    ...(steps.includes('collect') ? [{ kind: 'collect-garbage' as const }] : []),
    ...(steps.includes('verify')
      ? [{ kind: 'verify-repository' as const, level, ...(share !== undefined && { share }) }]
      : []),
  ]
  return { title: 'the repository', specs }
}
