import type { TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import { useSearchParams } from 'wouter'
import type { RunView } from '#core/contracts/runs-api.ts'
import { timeNow } from '../../api/clock.ts'
import { usePages } from '../../api/use-pages.ts'
import { durationText } from '../../components/duration.ts'
import { Listing } from '../../components/listing.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { RunState } from '../../components/run/run-state.tsx'
import { Ago } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { run as words } from '../../text/run.ts'
import { runs } from '../../text/runs.ts'
import { Filters, type Wanted } from './filters.tsx'

const took = (run: RunView): string =>
  run.ended === undefined
    ? runs.soFar(durationText(timeNow() - run.started))
    : durationText(run.ended - run.started)

const COLUMNS: TableProps.ColumnDefinition<RunView>[] = [
  { id: 'state', header: runs.state, cell: run => <RunState state={run.state} />, minWidth: 150 },
  {
    id: 'what',
    header: runs.what,
    isRowHeader: true,
    minWidth: 160,
    cell: run => (
      <>
        {words.kinds[run.kind]}: <PageLink to={`/runs/${run.runId}`}>{run.title}</PageLink>
        {run.policyName !== undefined && <Words> ({run.policyName})</Words>}
      </>
    ),
  },
  { id: 'line', header: runs.line, cell: run => <Words>{run.line}</Words>, minWidth: 240 },
  {
    id: 'by',
    header: runs.startedBy,
    cell: run => <Words>{run.startedBy ?? runs.notTold}</Words>,
    minWidth: 110,
  },
  { id: 'started', header: runs.started, cell: run => <Ago at={run.started} />, minWidth: 110 },
  { id: 'took', header: runs.took, cell: took },
]

const DAY_MS = 86_400_000

/** Runs change while somebody looks. ms */
const LOOK_AGAIN = 5_000

/** The filters as the API takes them; times are counted from when they were chosen. */
const queryOf = ({ days, ...wanted }: Wanted, since: number) => ({
  ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== '')),
  ...(Number(days) > 0 && { since: since - Number(days) * DAY_MS }),
})

const NAMES = ['kind', 'state', 'days', 'policyId', 'vm', 'plans'] as const

export const Page = () => {
  const [search, setSearch] = useSearchParams()
  const [since, setSince] = useState(() => timeNow())
  const wanted: Wanted = Object.fromEntries(
    NAMES.flatMap(name => (search.get(name) ? [[name, search.get(name)]] : [])),
  )
  const want = (change: Wanted) => {
    const all = Object.entries({ ...wanted, ...change }).filter(([, value]) => value !== '')
    setSince(timeNow())
    setSearch(Object.fromEntries(all), { replace: true })
  }
  const pages = usePages('listRuns', queryOf(wanted, since), { every: LOOK_AGAIN })
  return (
    <Listing
      title={runs.title}
      description={runs.description}
      columns={COLUMNS}
      idOf={run => run.runId}
      pages={pages}
      filter={{
        controls: <Filters wanted={wanted} want={want} />,
        active: Object.keys(wanted).length > 0,
        clear: () => setSearch({}, { replace: true }),
      }}
      empty={{ title: runs.empty, advice: runs.emptyAdvice }}
    />
  )
}
