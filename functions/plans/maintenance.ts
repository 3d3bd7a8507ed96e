import { keys } from '#core/catalog/keys.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import { POINTS_PER_REMOVAL } from '#core/contracts/maintenance.ts'
import { planRetention, type RetentionPlan } from '#core/maintenance/retention-plan.ts'
import type { RetentionState } from '#core/maintenance/state.ts'
import type { CatalogWrite } from '#core/ports.ts'
import type { PlanRequest } from './plan.ts'

/** Expired points are removed in batches, then garbage is collected, then a part is verified, then all is compared with the second copy. There may be nothing to do. */
export const planMaintenance: PlanRequest<'maintenance'> = async (
  catalog,
  { steps, verification },
  now,
) => {
  const retention = steps.includes('retention') ? await planRetention(catalog, now) : undefined
  const { level = 1, share } = verification ?? {}
  const specs: JobSpec[] = [
    ...batchesOf(retention?.expired ?? []).map(points => ({
      kind: 'remove-points' as const,
      points,
    })),
    ...(steps.includes('collect') ? [{ kind: 'collect-garbage' as const }] : []),
    ...(steps.includes('verify')
      ? [{ kind: 'verify-repository' as const, level, ...(share !== undefined && { share }) }]
      : []),
    ...(steps.includes('compare') ? [{ kind: 'compare-replica' as const }] : []),
  ]
  const others = (['collect', 'verify', 'compare'] as const).filter(step => steps.includes(step))
  return {
    title: [
      ...(retention ? [expiredText(retention)] : []),
      ...others.map(step => WORDS[step]),
    ].join(', '),
    specs,
    ...(retention && { beside: (runId: string) => [remembered(retention, runId, now)] }),
  }
}

const WORDS = {
  ...{ collect: 'garbage collection', verify: 'verification' },
  compare: 'comparison with the second copy',
} as const

/** Of two who plan one run at once, one is remembered: in one piece with its list. */
const remembered = (
  { expired, left, upTo }: RetentionPlan,
  runId: string,
  at: number,
): CatalogWrite => {
  const value: RetentionState = {
    ...{ runId, at, points: expired.length, left },
    ...(upTo !== undefined && { upTo }),
  }
  return { kind: 'put', key: keys.maintenance('retention'), value, expect: 'any' }
}

const batchesOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / POINTS_PER_REMOVAL) }, (_, index) =>
    items.slice(index * POINTS_PER_REMOVAL, (index + 1) * POINTS_PER_REMOVAL),
  )

const expiredText = (plan: RetentionPlan): string => {
  const { length } = plan.expired
  const stays = staying(plan)
  return `${length === 1 ? '1 point' : `${length} points`} expired${stays ? ` (${stays})` : ''}`
}

/** What has expired and stays all the same. */
const staying = ({ left, locked, held }: RetentionPlan): string =>
  [
    ...(left > 0 ? [`${left} more ${isAre(left)} left for the next run`] : []),
    ...(locked.points > 0
      ? [
          `${locked.points} more ${isAre(locked.points)} locked, the first until ${new Date(locked.until ?? 0).toISOString().slice(0, 10)}`,
        ]
      : []),
    ...(held > 0 ? [`${held} more ${isAre(held)} under a legal hold`] : []),
  ].join(', ')

const isAre = (count: number): string => (count === 1 ? 'is' : 'are')
