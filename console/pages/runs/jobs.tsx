import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import Pagination from '@cloudscape-design/components/pagination'
import Select from '@cloudscape-design/components/select'
import StatusIndicator, {
  type StatusIndicatorProps,
} from '@cloudscape-design/components/status-indicator'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import type { ComponentRestoreReport } from '#core/contracts/guest-jobs.ts'
import type { JobView } from '#core/contracts/runs-api.ts'
import { useRun } from '../../api/use-run.ts'
import { durationText } from '../../components/duration.ts'
import { LabelOf } from '../../components/recipe-label-of.tsx'
import { jobSubject } from '../../components/run/job-subject.ts'
import { sizeText } from '../../components/size.ts'
import { Words } from '../../components/words.tsx'
import { jobStates, runPage as words } from '../../text/runs.ts'
import { listing } from '../../text/shell.ts'
import { hasDetails, JobDetails } from './job-details.tsx'

const stateOf = ({ state, outcome }: JobView): [StatusIndicatorProps.Type, string] => {
  if (state === 'queued') return ['pending', jobStates.queued]
  switch (outcome?.status) {
    case undefined:
      return ['in-progress', jobStates.leased]
    case 'failed':
      return ['error', jobStates.failed]
    case 'skipped':
      return ['warning', jobStates.skipped]
    case 'cancelled':
      return ['stopped', jobStates.cancelled]
    case 'component-restored':
      return stateOfComponent(outcome.report)
    case 'boot-checked':
      return outcome.result.verdict === 'tools' || outcome.result.verdict === 'running'
        ? ['success', jobStates.good]
        : ['error', jobStates.problem]
    case 'verified':
      return outcome.report.damages === 0
        ? ['success', jobStates.good]
        : ['error', jobStates.problem]
    default:
      return ['success', jobStates.good]
  }
}

const stateOfComponent = ({
  stopped,
}: ComponentRestoreReport): [StatusIndicatorProps.Type, string] => {
  if (!stopped) return ['success', jobStates.good]
  return stopped.because === 'manual' ? ['warning', jobStates.person] : ['error', jobStates.problem]
}

const State = ({ job }: { job: JobView }) => {
  const [type, text] = stateOf(job)
  return <StatusIndicator type={type}>{text}</StatusIndicator>
}

const Happened = ({ job, isOnly }: { job: JobView; isOnly: boolean }) => (
  <>
    <Words>{job.line}</Words>
    {hasDetails(job) && (
      <ExpandableSection headerText={words.details(jobSubject(job))} defaultExpanded={isOnly}>
        <JobDetails job={job} />
      </ExpandableSection>
    )}
  </>
)

/** The label of the recipe of a component. */
const RecipeOf = ({ job: { spec, outcome } }: { job: JobView }) => {
  if (spec.kind === 'capture-component') return <LabelOf {...spec} />
  if (spec.kind !== 'restore-component' || outcome?.status !== 'component-restored') return null
  return <LabelOf guestUuid={spec.guestUuid} recipe={outcome.report.recipe.name} />
}

const took = ({ begun, finished, attempts, gateway }: JobView): string =>
  [
    begun !== undefined && finished !== undefined && durationText(finished - begun),
    attempts > 1 && words.attempts(attempts),
    gateway,
  ]
    .filter(Boolean)
    .join(', ')

const figures = ({ outcome }: JobView): string => {
  if (outcome?.status !== 'backed-up') return ''
  const { bytesRead, bytesNew, bytesStored } = outcome.point
  return words.figures(sizeText(bytesRead), sizeText(bytesNew), sizeText(bytesStored))
}

/** @param isOnly whether the run has this one job: then its details are what people came for */
const columnsOf = (isOnly: boolean): TableProps.ColumnDefinition<JobView>[] => [
  { id: 'state', header: words.jobState, cell: job => <State job={job} />, minWidth: 110 },
  {
    id: 'job',
    header: words.job,
    cell: job => (
      <>
        <Words>{jobSubject(job)}</Words>
        <RecipeOf job={job} />
      </>
    ),
    isRowHeader: true,
    minWidth: 140,
  },
  {
    id: 'happened',
    header: words.happened,
    cell: job => <Happened job={job} isOnly={isOnly} />,
    minWidth: 280,
  },
  { id: 'data', header: words.data, cell: figures },
  { id: 'took', header: words.took, cell: took },
]

const SHOWN = [
  { value: 'all', label: words.allJobs },
  { value: 'open', label: words.openJobs },
  { value: 'troubled', label: words.troubledJobs },
] as const
type Shown = (typeof SHOWN)[number]

/** The jobs of a run, page by page: there may be ten thousand. */
export const Jobs = ({ runId }: { runId: string }) => {
  const [shown, show] = useState<Shown>(SHOWN[0])
  const [starts, setStarts] = useState<(string | undefined)[]>([undefined])
  const [page, setPage] = useState(1)
  const after = starts[page - 1]
  const { data, isPlaceholderData } = useRun(runId, {
    ...(shown.value !== 'all' && { only: shown.value }),
    ...(after !== undefined && { after }),
  })
  const next = isPlaceholderData ? undefined : data?.next
  const go = (wanted: number) => {
    if (wanted > starts.length && next !== undefined) setStarts([...starts, next])
    setPage(wanted)
  }
  return (
    <Table<JobView>
      variant="container"
      items={data?.jobs ?? []}
      columnDefinitions={columnsOf(
        shown.value === 'all' && page === 1 && next === undefined && data?.jobs.length === 1,
      )}
      trackBy="jobId"
      wrapLines
      cellVerticalAlign="top"
      loading={!data}
      loadingText={listing.loading}
      header={<Header variant="h2">{words.jobs}</Header>}
      empty={
        <Box textAlign="center" padding="l">
          {shown.value === 'all'
            ? words.noJobs
            : next === undefined
              ? words.noSuchJobs
              : words.noSuchJobsHere}
        </Box>
      }
      filter={
        <Select
          inlineLabelText={words.show}
          options={SHOWN}
          selectedOption={shown}
          onChange={({ detail }) => {
            show(SHOWN.find(({ value }) => value === detail.selectedOption.value) ?? SHOWN[0])
            setStarts([undefined])
            setPage(1)
          }}
        />
      }
      pagination={
        page > 1 || next !== undefined ? (
          <Pagination
            currentPageIndex={page}
            pagesCount={next === undefined ? page : page + 1}
            openEnd={next !== undefined}
            onChange={({ detail }) => go(detail.currentPageIndex)}
            ariaLabels={{
              nextPageLabel: listing.next,
              previousPageLabel: listing.previous,
              pageLabel: listing.page,
            }}
          />
        ) : undefined
      }
    />
  )
}
