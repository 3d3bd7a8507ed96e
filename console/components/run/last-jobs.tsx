import Header from '@cloudscape-design/components/header'
import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import Table from '@cloudscape-design/components/table'
import type { VmDetail } from '#core/contracts/vms-api.ts'
import { vm } from '../../text/vm.ts'
import { PageLink } from '../page-link.tsx'
import { Ago } from '../time.tsx'
import { Words } from '../words.tsx'

const words = vm.runs

type Run = VmDetail['runs'][number]

const signOf = ({ state, status }: Run): StatusIndicatorProps.Type => {
  if (state !== 'finished') return state === 'queued' ? 'pending' : 'in-progress'
  if (status === 'failed') return 'error'
  return status === 'skipped' || status === 'cancelled' ? 'stopped' : 'success'
}

const resultOf = (run: Run): string =>
  (run.state === 'finished' && words.ends[signOf(run)]) || words.open[run.state]

const kindOf = ({ kind }: Run): string => words.kinds[kind] ?? kind

/** The last jobs about it, failed ones too. */
export const LastJobs = ({
  runs,
  title = words.title,
}: {
  runs: readonly Run[]
  title?: string
}) => (
  <Table
    variant="container"
    wrapLines
    cellVerticalAlign="top"
    header={<Header variant="h2">{title}</Header>}
    ariaLabels={{ tableLabel: title }}
    items={runs}
    trackBy="jobId"
    empty={words.none}
    columnDefinitions={[
      { id: 'asked', header: words.asked, cell: ({ asked }) => <Ago at={asked} /> },
      { id: 'kind', header: words.kind, cell: kindOf, isRowHeader: true },
      {
        id: 'result',
        header: words.result,
        cell: run => (
          <>
            <StatusIndicator type={signOf(run)}>{resultOf(run)}</StatusIndicator>
            <div>
              <Words>{run.line}</Words>
            </div>
          </>
        ),
      },
      {
        id: 'run',
        header: words.run,
        cell: run => (
          <PageLink to={`/runs/${run.runId}`} label={words.showOf(kindOf(run))}>
            {words.show}
          </PageLink>
        ),
      },
    ]}
  />
)
