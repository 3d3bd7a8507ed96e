import { isConflict } from '#core/catalog/access.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import { type MaintenanceRequest, POINTS_PER_REMOVAL } from '#core/contracts/maintenance.ts'
import { NothingExpiredError } from '#core/errors/maintenance.ts'
import { onlyRun } from '#core/maintenance/one-run.ts'
import { planRetention, type RetentionPlan } from '#core/maintenance/retention-plan.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { type BeginPorts, beginRun, type WhenNotStarted } from '../runs/begin-run.ts'

/**
 * Plans a run over the repository and starts it: expired points are removed in batches, then garbage is collected, then a part is verified.
 * @param beside written in one piece with the run
 * @param notStarted as of `beginRun`
 * @returns the run's id
 * @throws `MAINTENANCE_RUNNING`, `NO_MAINTENANCE_GATEWAY`, `NOTHING_EXPIRED`, `CATALOG_CONFLICT` where something of `beside` is there already
 */
export const beginMaintenance = async (
  ports: BeginPorts,
  request: Pick<MaintenanceRequest, 'steps' | 'verification'>,
  runId: string,
  beside: readonly CatalogWrite[] = [],
  notStarted?: WhenNotStarted,
): Promise<string> => {
  const guard = await onlyRun(ports.catalog, runId)
  const plan = await planMaintenance(ports, request)
  const run = { kind: 'maintenance' as const, ...plan }
  try {
    return await beginRun(ports, run, runId, [guard, ...beside], notStarted)
  } catch (error) {
    // Somebody else began one in this very moment: the guard says who.
    if (isConflict(error)) await onlyRun(ports.catalog, runId)
    throw error
  }
}

const planMaintenance = async (
  { catalog, clock }: BeginPorts,
  { steps, verification }: Pick<MaintenanceRequest, 'steps' | 'verification'>,
): Promise<{ title: string; specs: JobSpec[] }> => {
  const retention = steps.includes('retention')
    ? await planRetention(catalog, clock.now())
    : undefined
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
  ]
  if (specs.length === 0) throw new NothingExpiredError(retention ? staying(retention) : '')
  return { title: titleOf(steps, retention), specs }
}

const batchesOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / POINTS_PER_REMOVAL) }, (_, index) =>
    items.slice(index * POINTS_PER_REMOVAL, (index + 1) * POINTS_PER_REMOVAL),
  )

const WORDS = { collect: 'garbage collection', verify: 'verification' } as const

const titleOf = (
  steps: MaintenanceRequest['steps'],
  retention: RetentionPlan | undefined,
): string => {
  const others = (['collect', 'verify'] as const).filter(step => steps.includes(step))
  const stays = retention ? staying(retention) : ''
  return [
    ...(retention
      ? [`${count(retention.expired.length)} expired${stays ? ` (${stays})` : ''}`]
      : []),
    ...others.map(step => WORDS[step]),
  ].join(', ')
}

/** What has expired and stays all the same. */
const staying = ({ locked, held }: RetentionPlan): string =>
  [
    ...(locked.points > 0
      ? [
          `${locked.points} more ${locked.points === 1 ? 'is' : 'are'} locked, the first until ${new Date(locked.until ?? 0).toISOString().slice(0, 10)}`,
        ]
      : []),
    ...(held > 0 ? [`${held} more ${held === 1 ? 'is' : 'are'} under a legal hold`] : []),
  ].join(', ')

const count = (points: number): string => (points === 1 ? '1 point' : `${points} points`)
