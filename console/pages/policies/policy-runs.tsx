import type { TableProps } from '@cloudscape-design/components/table'
import type { RunView } from '#core/contracts/runs-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { PageLink } from '../../components/page-link.tsx'
import { RunState } from '../../components/run/run-state.tsx'
import { SubList } from '../../components/sub-list.tsx'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { policies } from '../../text/policies.ts'

const words = policies.page

const COLUMNS: TableProps.ColumnDefinition<RunView>[] = [
  {
    id: 'started',
    header: words.runStarted,
    cell: ({ runId, started }) => (
      <PageLink to={`/runs/${runId}`}>
        <Time at={started} />
      </PageLink>
    ),
    isRowHeader: true,
  },
  { id: 'state', header: words.runState, cell: run => <RunState state={run.state} /> },
  {
    id: 'ended',
    header: words.runEnded,
    cell: ({ ended }) => ended !== undefined && <Time at={ended} />,
  },
  { id: 'line', header: words.runLine, minWidth: 220, cell: ({ line }) => <Words>{line}</Words> },
]

export const PolicyRuns = ({ policyId }: { policyId: string }) => (
  <SubList
    label={words.tabs.runs}
    columns={COLUMNS}
    idOf={({ runId }) => runId}
    pages={usePages('listRuns', { policyId })}
    empty={{ title: words.noRuns, advice: words.noRunsAdvice }}
  />
)
