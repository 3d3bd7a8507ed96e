import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReplicaDetail } from '#core/contracts/replica-detail.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { PageWithoutData } from '../../components/page-without-data.tsx'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { LastJobs } from '../../components/run/last-jobs.tsx'
import { RunProgress } from '../../components/run/run-progress.tsx'
import { navigation } from '../../text/navigation.ts'
import { replication } from '../../text/replication.ts'
import { nameOf } from './columns.tsx'
import { ReplicaActions } from './replica-actions.tsx'
import { ReplicaFacts } from './replica-facts.tsx'
import { States } from './states.tsx'

const words = replication.page

/** All of one standby. */
export const Page = ({ replicaId }: { replicaId: string }) => {
  const { data, error, refetch } = useCall(
    'getReplica',
    { params: { replicaId } },
    { every: reply => (isAtWork(reply) ? LIVE.run : LIVE.list) },
  )
  if (!data)
    return (
      <PageWithoutData
        {...{ title: navigation.standby, loading: words.loading, failed: words.failed, error }}
        onRetry={() => void refetch()}
      />
    )
  const { replica, runs } = data
  return (
    <SpaceBetween size="l">
      {error !== null && (
        <ProblemAlert error={error} title={words.stale} onRetry={() => void refetch()} />
      )}
      <Header variant="h1" actions={<ReplicaActions detail={data} />}>
        {words.title(nameOf(replica))}
      </Header>
      <Alert type={tone(data)}>{replica.line}</Alert>
      {replica.current && (
        <Container header={<Header variant="h2">{words.now}</Header>}>
          <RunProgress runId={replica.current.runId} />
        </Container>
      )}
      <ReplicaFacts detail={data} />
      <States detail={data} />
      <LastJobs title={words.runs} runs={runs} />
    </SpaceBetween>
  )
}

/** A test of its failover reserves nothing: it is seen among its runs alone. */
const isAtWork = (detail: ReplicaDetail | undefined): boolean =>
  detail?.replica.current !== undefined ||
  detail?.runs.some(({ state }) => state !== 'finished') === true

const tone = ({ replica: { last, age, phase } }: ReplicaDetail) => {
  if (last?.ok === false) return 'error'
  if (age?.state === 'behind' || phase === 'failing-over' || phase === 'failing-back')
    return 'warning'
  return phase === 'standing-by' && age?.state !== 'empty' ? 'success' : 'info'
}
