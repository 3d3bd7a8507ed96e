import type { PointSummary, SitePointBrief } from '#core/contracts/points.ts'
import type { SiteDefinition } from '#core/contracts/site.ts'
import { finishJob } from '#core/runs/job.ts'
import { changeJob, dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { siteUuid } from '#core/sites/site-uuid.ts'
import type { Ports } from '#functions/ports.ts'
import { makeJobs } from '#functions/runs/make-jobs.ts'
import { pointOf } from './fake-gateway.ts'

/** A site of two servers that `fill` of good-calls.ts has in its pool. */
export const SITE: SiteDefinition = {
  kind: 'xendesktop-site',
  name: 'Vienna',
  components: [
    { role: 'sql', target: { vm: 'db01' }, protect: true },
    { role: 'ddc', target: { vm: 'web01' }, protect: true },
  ],
}

/**
 * Plays the part of machines and gateways in a backup of a site, up to the job that seals its point, which waits in its queue.
 * @param runId of a run that was asked for
 */
export const backUpMembers = async (
  ports: Pick<Ports, 'catalog' | 'clock' | 'random'>,
  runId: string,
): Promise<{ sealJobId: string; points: PointSummary[] }> => {
  const { catalog, clock } = ports
  await makeJobs(ports, (await readRun(catalog, runId)).value)
  const jobs = await readJobs(catalog, runId)
  const seal = jobs.find(({ spec }) => spec.kind === 'seal-site-point')
  if (!seal) throw new Error('Nothing would seal the site point.')
  const members = jobs.filter(job => job !== seal)
  const points: PointSummary[] = []
  for (const { jobId, spec } of members) {
    if (spec.kind !== 'backup-vm') throw new Error(`A site of VMs alone has no ${spec.kind}.`)
    const point: PointSummary = {
      ...pointOf(jobId, spec),
      ...(spec.site && { siteMember: spec.site }),
    }
    const outcome = { status: 'backed-up' as const, point, notes: [] }
    await changeJob(catalog, jobId, job => finishJob(job, outcome, clock.now()))
    points.push(point)
  }
  await dispatchJob(catalog, seal.jobId, `token of ${seal.jobId}`)
  return { sealJobId: seal.jobId, points }
}

/** The site point that a gateway would have sealed, as it tells the catalog. */
export const sitePointOf = (
  pointId: string,
  { siteId, runId, poolUuid }: { siteId: string; runId: string; poolUuid: string },
  brief: Partial<SitePointBrief> = {},
) => ({
  ...pointOf(pointId, { vmUuid: siteUuid(siteId), vmName: SITE.name, poolUuid }),
  kind: 'site' as const,
  disks: [],
  site: { siteId, runId, state: 'complete' as const, members: 2, reasons: [], skewMs: 0, ...brief },
})
