import { encodeTime } from 'ulid'
import { keys } from '../catalog/keys.ts'
import type { RunView } from '../contracts/runs-api.ts'
import type { Catalog } from '../ports.ts'
import { isPlan, type Run } from './run.ts'
import { someAtOnce } from './some-at-once.ts'

/** Which runs are asked for; what is left out narrows nothing. */
export interface RunFilter {
  kind?: RunView['kind'] | undefined
  state?: RunView['state'] | 'open' | 'troubled' | undefined
  policyId?: string | undefined
  /** Of any of these VMs (or templates, pools, hosts). */
  vmUuids?: readonly string[] | undefined
  /** Also those that only find out what a restore would do: each look at the last step of a restore is one. */
  plans?: 'true' | undefined
  /** Asked for then or later, and before then, in ms since 1970. */
  since?: number | undefined
  until?: number | undefined
}

interface Found {
  runs: Run[]
  /** Where to go on: also where fewer were found than asked for. */
  next?: string
}

/** Runs that one call looks at, at most: some 2 MB of them. A filter that few runs pass takes several calls. */
const LOOKED_AT = 2_000
/** Runs that are read at once where some of them may not pass. */
const PAGE = 200

const STATES: Record<'open' | 'troubled', readonly RunView['state'][]> = {
  open: ['waiting', 'running'],
  troubled: ['failed', 'warning'],
}

/** Runs that pass a filter, newest first. Those of a VM, of a policy and those at work are found by an index, times by the ids of the runs. */
export const listRuns = async (
  catalog: Catalog,
  filter: RunFilter,
  { limit, after }: { limit: number; after?: string | undefined },
): Promise<Found> => {
  const passes = passing(filter)
  const list = listOf(filter)
  const oldest = idAt(filter.since) ?? ''
  const runs: Run[] = []
  // A job is made some time after its run was asked for.
  let at = after ?? (list.ofJobs ? undefined : idAt(filter.until))
  for (let looked = 0; looked < LOOKED_AT; ) {
    const { items, hasMore } = await pageOf(catalog, list, at)
    for (const [index, { sk, run }] of items.entries()) {
      if (sk < oldest) return { runs }
      const isKnown = run !== undefined && run.runId === runs.at(-1)?.runId
      // The jobs that one run has for a VM stand together: the next page begins behind all of them.
      if (runs.length === limit && !isKnown) return at === undefined ? { runs } : { runs, next: at }
      at = sk
      if (run && !isKnown && passes(run)) runs.push(run)
      const isLast = !hasMore && index === items.length - 1
      if (isLast) return { runs }
    }
    if (at === undefined || !hasMore) return { runs }
    looked += items.length
  }
  return at === undefined ? { runs } : { runs, next: at }
}

/** The first id of a time, ms since 1970. */
const idAt = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : encodeTime(time, 10)

const passing = ({
  kind,
  state,
  policyId,
  plans,
  since,
  until,
}: RunFilter): ((run: Run) => boolean) => {
  const states = state === 'open' || state === 'troubled' ? STATES[state] : state && [state]
  const [oldest = '', newest] = [idAt(since), idAt(until)]
  return run =>
    (kind === undefined || run.kind === kind) &&
    (states === undefined || states.includes(run.state)) &&
    (policyId === undefined || run.policyId === policyId) &&
    (plans === 'true' || !isPlan(run)) &&
    run.runId >= oldest &&
    (newest === undefined || run.runId < newest)
}

/** Where runs that may pass are listed: by their own ids, or by those of the jobs that they have for a VM. */
interface List {
  partitions: string[]
  ofJobs?: true
}

/** As short as there is an index for. */
const listOf = ({ vmUuids, policyId, state }: RunFilter): List => {
  if (vmUuids) return { partitions: vmUuids.map(vmUuid => keys.vmJob(vmUuid, '').pk), ofJobs: true }
  if (policyId !== undefined) return { partitions: [keys.policyRun(policyId, '').pk] }
  return { partitions: [(state === 'running' ? keys.openRun('') : keys.run('')).pk] }
}

/** The next of a list in its order. An index may name a run that is not there (yet): it was never stored, or is on its way from another region. */
const pageOf = async (
  catalog: Catalog,
  { partitions, ofJobs }: List,
  after: string | undefined,
): Promise<{ items: { sk: string; run: Run | undefined }[]; hasMore: boolean }> => {
  const options = { descending: true, limit: PAGE, ...(after !== undefined && { after }) }
  const pages = await someAtOnce(partitions, pk =>
    catalog.query<Run | { runId: string } | Record<string, never>>(pk, options),
  )
  const all = pages.flatMap(({ items }) => items).sort((a, b) => (a.sk < b.sk ? 1 : -1))
  const items = all.slice(0, PAGE)
  const runOf = async ({ pk, sk, value }: (typeof items)[number]): Promise<Run | undefined> => {
    if (pk === keys.run('').pk) return value as Run
    const runId = ofJobs ? (value as { runId: string }).runId : sk
    return (await catalog.get<Run>(keys.run(runId)))?.value
  }
  return {
    items: await someAtOnce(items, async item => ({ sk: item.sk, run: await runOf(item) })),
    hasMore: all.length > items.length || pages.some(({ next }) => next !== undefined),
  }
}
