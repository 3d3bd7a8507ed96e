import type { JobView } from '#core/contracts/runs-api.ts'
import { shownTo } from '#core/files/shown-to.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { isGoneOn } from '#core/restore/component-restore.ts'
import { pageOfJobs } from '#core/runs/page-of-jobs.ts'
import type { Run } from '#core/runs/run.ts'
import { lookAt, readRun } from '#core/runs/runs-catalog.ts'
import { viewJob, viewRun } from '#core/runs/views.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Jobs of one answer; one that has ended well takes 2 to 4 KB. */
const PAGE = 500

/**
 * Bytes of the jobs of one answer, as Lambda sends them: the body stands as a string within JSON, where each `"` takes a byte more, and one within a text two.
 * Lambda answers with 6 MB at most; a job by itself is 390 KB at most, as an item of the catalog.
 */
const PAGE_BYTES = 5_500_000

/** One run with its jobs, in the order they were asked for. */
export const getRun =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params: { runId },
    query,
    caller,
  }: RouteCall<'getRun'>): Promise<RouteReply<'getRun'>> => {
    const { limit = PAGE, after, only } = query
    // The run is read first: where it says that it has ended, so do the jobs read after it.
    const run = await asItStands(catalog, (await readRun(catalog, runId)).value)
    const [page, gateways] = await Promise.all([
      pageOfJobs(catalog, runId, { limit, after }, only),
      readGateways(catalog),
    ])
    const now = clock.now()
    const found = page.jobs
    const isWhole = after === undefined && only === undefined && page.next === undefined
    const of = isWhole && !run.counted ? found : await lookAt(catalog, run)
    const seen = shownTo(run, caller)
    const jobs = withinBytes(
      found.map(job => seen({ ...viewJob(job, gateways, now), ...notBegun(run) })),
    )
    const next = jobs.length < found.length ? jobs.at(-1)?.jobId : page.next
    return {
      run: viewRun(run, of, gateways, now),
      jobs,
      ...(next !== undefined && { next }),
    }
  }

/** Nobody went on with its restore who was declined, or refused by the guest: it is still to be gone on with. */
const asItStands = async (catalog: Ports['catalog'], run: Run): Promise<Run> => {
  const { goneOnBy: _, ...open } = run
  return (await isGoneOn(catalog, run)) ? run : open
}

/** Nobody is given a job of a run that waits for approval, so it waits for no gateway. */
const notBegun = ({ state }: Run): Partial<JobView> =>
  state === 'waiting' ? { line: 'not begun: its run waits for approval' } : {}

/** As many of the first as one answer takes, and at least one. */
const withinBytes = (jobs: readonly JobView[]): JobView[] => {
  let bytes = 0
  const tooMuch = jobs.findIndex((job, index) => {
    bytes += Buffer.byteLength(JSON.stringify(JSON.stringify(job)))
    return bytes > PAGE_BYTES && index > 0
  })
  return tooMuch < 0 ? [...jobs] : jobs.slice(0, tooMuch)
}

export const handler = httpHandler('getRun', getRun)
