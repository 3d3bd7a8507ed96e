import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useEffect } from 'react'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'
import { isOpen } from '../../api/open-run.ts'
import { codeOf } from '../../api/problem.ts'
import { useRun } from '../../api/use-run.ts'
import { run as words } from '../../text/run.ts'
import { ProblemAlert } from '../problem-alert.tsx'
import { ComponentSteps } from './component-steps.tsx'
import { JobProgress } from './job-progress.tsx'
import { RunState } from './run-state.tsx'

/** Bars that are shown at once; a run's page has the others. */
const MOST = 20

/**
 * A run from wherever it stands to its end: what it does, a bar for each of its jobs that are under way, and what came of it. Looks again by itself until it has ended.
 * @param onEnd told once, when it has ended
 */
export const RunProgress = ({
  runId,
  onEnd,
}: {
  runId: string
  onEnd?: (end: { run: RunView; jobs: readonly JobView[] }) => void
}) => {
  const { data, error, refetch } = useRun(runId)
  const ended = data !== undefined && !isOpen(data.run)
  // biome-ignore lint/correctness/useExhaustiveDependencies: an ended run changes no more, and is told once
  useEffect(() => {
    if (ended) onEnd?.(data)
  }, [ended, runId])
  return (
    <SpaceBetween size="m">
      {error !== null && (
        <ProblemAlert
          error={error}
          title={titleOf(error, data !== undefined)}
          onRetry={() => void refetch()}
        />
      )}
      {!data && !error && <StatusIndicator type="loading">{words.loading}</StatusIndicator>}
      {data && <RunSoFar {...data} />}
    </SpaceBetween>
  )
}

/** What stands above the problem, when the run could not be looked at. */
const titleOf = (error: unknown, wasSeen: boolean): string => {
  if (codeOf(error) === 'RUN_NOT_FOUND') return words.gone
  return wasSeen ? words.stale : words.failed
}

/** How a run stands, as somebody has read it. */
const RunSoFar = ({ run, jobs }: { run: RunView; jobs: readonly JobView[] }) => {
  const open = jobs.filter(({ state }) => state !== 'finished')
  const underWay = open.filter(({ state }) => state === 'leased')
  const shown = (underWay.length > 0 ? underWay : open).slice(0, MOST)
  return (
    <SpaceBetween size="m">
      <div>
        <RunState state={run.state} />
        <Box variant="p">{run.line}</Box>
        {run.timeLeft !== undefined && <Box variant="p">{words.timeLeft(run.timeLeft)}</Box>}
      </div>
      {run.state === 'running' && shown.map(job => <JobProgress key={job.jobId} job={job} />)}
      {run.state === 'action-required' &&
        jobs.map(job => <ComponentSteps key={job.jobId} job={job} />)}
      {run.state === 'running' && open.length > shown.length && underWay.length > MOST && (
        <Box color="text-body-secondary">{words.moreJobs(MOST)}</Box>
      )}
    </SpaceBetween>
  )
}
