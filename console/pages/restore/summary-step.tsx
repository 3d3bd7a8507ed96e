import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { ProblemAlert } from '../../components/problem-alert.tsx'
import { useTimeText } from '../../components/time.tsx'
import { restore } from '../../text/restore.ts'
import { type Draft, isOverVm } from './draft.ts'
import type { RestorePlan } from './use-plan.ts'
import { usePools } from './use-pools.ts'

const words = restore.summary

/** What will happen, as the gateway told it. */
export const SummaryStep = ({
  draft,
  plan,
  notStarted,
}: {
  draft: Draft
  plan: RestorePlan
  /** Why the restore could not be started. */
  notStarted: unknown
}) => (
  <SpaceBetween size="l">
    {notStarted !== null && notStarted !== undefined && (
      <ProblemAlert title={words.notStarted} error={notStarted} />
    )}
    <Chosen draft={draft} />
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button disabled={plan.isBusy} onClick={plan.again}>
              {words.again}
            </Button>
          }
        >
          {words.steps}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Plan plan={plan} />
        {plan.steps && plan.approval !== undefined && (
          <Alert type={isOverVm(draft.kind) ? 'warning' : 'info'} header={words.approval}>
            {plan.approval}
          </Alert>
        )}
      </SpaceBetween>
    </Container>
  </SpaceBetween>
)

const Plan = ({ plan }: { plan: RestorePlan }) => {
  if (plan.error !== undefined)
    return <ProblemAlert title={words.refused} error={plan.error} onRetry={plan.again} />
  if (plan.steps)
    return (
      <ol>
        {plan.steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the order of the work, and two steps may read alike
          <li key={index}>
            <Box variant="p">{step}</Box>
          </li>
        ))}
      </ol>
    )
  if (!plan.isBusy) return <StatusIndicator type="stopped">{words.endedOtherwise}</StatusIndicator>
  return (
    <>
      <StatusIndicator type="loading">{words.planning}</StatusIndicator>
      {plan.line !== undefined && <Box color="text-body-secondary">{plan.line}</Box>}
    </>
  )
}

const Chosen = ({ draft }: { draft: Draft }) => {
  const timeText = useTimeText()
  const { pool } = usePools(draft)
  const { point, kind } = draft
  if (!point) return null
  return (
    <Container header={<Header variant="h2">{words.request}</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: words.of, value: restore.point.choose(point.vmName, timeText(point.taken)) },
          { label: words.as, value: restore.target.kinds[kind].label },
          { label: words.into, value: pool?.name || (draft.poolUuid ?? point.poolUuid) },
        ]}
      />
    </Container>
  )
}
