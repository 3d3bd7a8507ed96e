import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { codeOf } from '../../api/problem.ts'
import { isOpen, useRun } from '../../api/use-run.ts'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { RunSoFar, titleOf } from '../../components/run/run-progress.tsx'
import { run as words } from '../../text/run.ts'
import { runPage } from '../../text/runs.ts'
import { Jobs } from './jobs.tsx'
import { RunActions } from './run-actions.tsx'
import { RunFacts } from './run-facts.tsx'
import { RunLog } from './run-log.tsx'

export const Page = ({ runId = '' }: { runId?: string }) => {
  const { data, error, refetch } = useRun(runId)
  const isGone = codeOf(error) === 'RUN_NOT_FOUND'
  const problem = error !== null && (
    <ProblemAlert
      error={error}
      title={titleOf(error, data !== undefined)}
      {...(!isGone && { onRetry: () => void refetch() })}
    />
  )
  if (!data)
    return (
      <SpaceBetween size="m">
        <Header variant="h1">{runPage.showRun(runId)}</Header>
        {problem || <StatusIndicator type="loading">{words.loading}</StatusIndicator>}
      </SpaceBetween>
    )
  const { run, jobs } = data
  return (
    <SpaceBetween size="l">
      {problem}
      <Header
        variant="h1"
        description={words.kinds[run.kind]}
        actions={!isGone && <RunActions run={run} jobs={jobs} />}
      >
        {run.title}
      </Header>
      <RunFacts run={run} />
      {isOpen(run) && (
        <Container header={<Header variant="h2">{runPage.progress}</Header>}>
          <RunSoFar run={run} jobs={jobs} />
        </Container>
      )}
      <Jobs runId={runId} />
      <RunLog run={run} jobs={jobs} />
    </SpaceBetween>
  )
}
