import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { isOpen } from '../../api/open-run.ts'
import { codeOf } from '../../api/problem.ts'
import { useRun } from '../../api/use-run.ts'
import { RunProgress } from '../../components/run/run-progress.tsx'
import { run as words } from '../../text/run.ts'
import { runPage } from '../../text/runs.ts'
import { Jobs } from './jobs.tsx'
import { RunActions } from './run-actions.tsx'
import { RunFacts } from './run-facts.tsx'
import { RunLog } from './run-log.tsx'

export const Page = ({ runId = '' }: { runId?: string }) => {
  const { data, error } = useRun(runId)
  if (!data)
    return (
      <SpaceBetween size="m">
        <Header variant="h1">{runPage.showRun(runId)}</Header>
        <RunProgress runId={runId} />
      </SpaceBetween>
    )
  const { run, jobs } = data
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        description={words.kinds[run.kind]}
        actions={codeOf(error) !== 'RUN_NOT_FOUND' && <RunActions run={run} jobs={jobs} />}
      >
        {run.title}
      </Header>
      {(isOpen(run) || error !== null) && (
        <Container header={<Header variant="h2">{runPage.progress}</Header>}>
          <RunProgress runId={runId} />
        </Container>
      )}
      <RunFacts run={run} />
      <Jobs runId={runId} />
      <RunLog run={run} jobs={jobs} />
    </SpaceBetween>
  )
}
