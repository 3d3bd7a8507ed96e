import { CatalogUnavailableError } from '#core/errors/catalog.ts'
import { ulidMaker } from '#core/ids.ts'
import { makeListed, removeList, writeList } from '#core/runs/job-lists.ts'
import { countedJobs, type Run } from '#core/runs/run.ts'
import { changeRun } from '#core/runs/runs-catalog.ts'
import { removeSitePlan, writeSitePlan } from '#core/sites/site-plan.ts'
import { planOf } from '../plans/index.ts'
import type { Ports } from '../ports.ts'
import { jobsOf } from './jobs-of.ts'

type MakingPorts = Pick<Ports, 'catalog' | 'clock' | 'random'>

/**
 * Makes the jobs of a run that was stored with its request alone. The list of all of them is written first and named by the run; then each job is made, once. So
 * whoever goes on after a crash, and whoever works at the same time, makes the same jobs; what the inventory says meanwhile counts no more.
 * @returns the run as it stands then
 * @throws what the plan refuses, `CATALOG_UNAVAILABLE`
 */
export const makeJobs = async (ports: MakingPorts, found: Run): Promise<Run> => {
  const { catalog } = ports
  const { runId, request } = found
  if (!request) return found
  const listed = found.list ? found : await list(ports, found, request)
  if (!listed.list) return listed
  const { jobs } = listed.list
  const seen = await makeListed(catalog, runId, listed.list)
  const made = await changeRun(catalog, runId, run => {
    const { request: _, list: _list, ...rest } = run
    if (!run.request) return run
    if (seen < jobs) throw new CatalogUnavailableError('tell all jobs of this run yet')
    return { ...rest, jobs }
  })
  await removeList(catalog, runId, listed.list)
  return made
}

const list = async (
  ports: MakingPorts,
  run: Run,
  request: NonNullable<Run['request']>,
): Promise<Run> => {
  const { catalog } = ports
  const plan = await planOf(catalog, request, ports.clock.now())
  const { jobs, counted } = countedJobs(jobsOf(ports, run, plan))
  const listId = ulidMaker(ports)()
  const ref = plan.site && (await writeSitePlan(catalog, run.runId, listId, plan.site.plan))
  const takesFrom = plan.site?.takesFrom
  const site = ref && { ...ref, ...(takesFrom && { takesFrom }) }
  const written = await writeList(catalog, run.runId, listId, jobs)
  const after = await changeRun(
    catalog,
    run.runId,
    now =>
      now.request && !now.list
        ? {
            ...now,
            title: plan.title,
            list: written,
            ...(counted && { counted }),
            ...(plan.leftOut !== undefined && { leftOut: plan.leftOut }),
            ...(site && { site }),
          }
        : now,
    () => plan.beside?.(run.runId) ?? [],
  )
  if (after.list?.listId !== written.listId) await removeList(catalog, run.runId, written)
  if (site && after.site?.listId !== listId) await removeSitePlan(catalog, run.runId, site)
  return after
}
