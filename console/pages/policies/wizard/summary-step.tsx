import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { PolicyInput } from '#core/contracts/policies.ts'
import type { PreviewPolicyReply } from '#core/contracts/policies-api.ts'
import { ProblemAlert } from '../../../components/problem-alert.tsx'
import { Time } from '../../../components/time.tsx'
import { wizard } from '../../../text/policy-wizard/frame.ts'
import { summary as words } from '../../../text/policy-wizard/summary.ts'
import { Verdicts } from '../verdicts.tsx'
import { type DraftProblem, STEPS } from './draft.ts'
import { Shortened } from './kept-preview.tsx'
import type { Preview } from './use-preview.ts'

/** Everything once more before it is saved. */
export const SummaryStep = ({
  draft,
  preview: { data, error, isReady, refetch },
  problems,
}: {
  draft: PolicyInput
  preview: Preview
  problems: readonly DraftProblem[]
}) => {
  if (problems.length > 0)
    return (
      <Alert type="error">
        {wizard.correctElsewhere(
          STEPS.filter(step => problems.some(problem => problem.step === step)).map(
            step => wizard.steps[step].title,
          ),
        )}
      </Alert>
    )
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  if (!data || !isReady) return <StatusIndicator type="loading">{words.loading}</StatusIndicator>
  return (
    <SpaceBetween size="l">
      <Shortened preview={data} />
      <Container header={<Header variant="h2">{words.says}</Header>}>
        <Says draft={draft} preview={data} />
      </Container>
      {data.notes.length > 0 && (
        <Container header={<Header variant="h2">{words.notes}</Header>}>
          <ul>
            {data.notes.map(note => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Container>
      )}
      <Container header={<Header variant="h2">{words.does}</Header>}>
        <Verdicts preview={data} />
      </Container>
    </SpaceBetween>
  )
}

const Says = ({
  draft,
  preview: { words: said, nextTimes, cost },
}: {
  draft: PolicyInput
  preview: PreviewPolicyReply
}) => {
  const [next] = nextTimes
  return (
    <KeyValuePairs
      columns={3}
      items={[
        { label: words.name, value: draft.name },
        { label: words.takes, value: said.takes },
        { label: words.how, value: said.how },
        { label: words.when, value: said.when },
        {
          label: words.next,
          value: next === undefined || !draft.enabled ? words.never : <Time at={next} />,
        },
        { label: words.state, value: draft.enabled ? words.yes : words.no },
        { label: words.kept, value: said.kept },
        { label: words.lock, value: said.lock ?? words.noLock },
        { label: words.told, value: words.toldRules(draft.notify.length) },
        {
          label: words.cost,
          value: cost ? (
            <>
              {words.costMonth(cost.usdPerMonth, cost.region, cost.pricesAsOf)}
              <Box color="text-body-secondary" fontSize="body-s">
                {cost.basis}
              </Box>
            </>
          ) : (
            words.noCost
          ),
        },
      ]}
    />
  )
}
