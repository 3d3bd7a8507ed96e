import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs, {
  type KeyValuePairsProps,
} from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { RunView } from '#core/contracts/runs-api.ts'
import { isOpen } from '../../api/open-run.ts'
import { durationText } from '../../components/duration.ts'
import { PageLink } from '../../components/page-link.tsx'
import { RunState } from '../../components/run/run-state.tsx'
import { Time } from '../../components/time.tsx'
import { runs, runPage as words } from '../../text/runs.ts'
import { shell } from '../../text/shell.ts'

const RunLink = ({ runId }: { runId: string }) => (
  <PageLink to={`/runs/${runId}`}>{words.showRun(runId)}</PageLink>
)

const whoMay = ({ needs, otherPerson }: NonNullable<RunView['approval']>): string => {
  const who = words.needs[needs]
  return otherPerson ? words.otherPerson(who) : who
}

/** Runs that belong to it. */
const LINKS = ['retryOf', 'retriedBy', 'goesOnFrom', 'goneOnBy', 'givenUpBy'] as const

const itemsOf = (run: RunView): KeyValuePairsProps['items'] => [
  {
    label: runs.state,
    // Said when it changes: how it ended is what somebody waits for.
    value: (
      <div role="status">
        <RunState state={run.state} />
      </div>
    ),
  },
  { label: runs.startedBy, value: run.startedBy ?? runs.notTold },
  { label: runs.started, value: <Time at={run.started} /> },
  ...(run.ended === undefined
    ? []
    : [
        { label: words.ended, value: <Time at={run.ended} /> },
        { label: runs.took, value: durationText(run.ended - run.started) },
      ]),
  ...(run.policyId === undefined
    ? []
    : [
        {
          label: runs.policy,
          value: (
            <PageLink to={`/policies/${run.policyId}`}>{run.policyName ?? run.policyId}</PageLink>
          ),
        },
      ]),
  ...LINKS.flatMap(link => {
    const runId = run[link]
    return runId === undefined ? [] : [{ label: words[link], value: <RunLink runId={runId} /> }]
  }),
  ...(run.approval
    ? [
        run.approval.approvedBy === undefined
          ? { label: words.takes, value: whoMay(run.approval) }
          : { label: words.approval, value: words.approvedBy(run.approval.approvedBy) },
      ]
    : []),
  { label: words.id, value: run.runId },
]

/** Who, when, and what came of it; what a run that goes on does stands with its progress. */
export const RunFacts = ({ run }: { run: RunView }) => (
  <Container header={<Header variant="h2">{words.about}</Header>}>
    <SpaceBetween size="m">
      <KeyValuePairs columns={4} items={itemsOf(run)} />
      {!isOpen(run) && <Box variant="p">{run.line}</Box>}
      {run.problem && (
        <Alert type="error" header={run.problem.message}>
          <Box variant="p">{run.problem.advice}</Box>
          <Box color="text-body-secondary" fontSize="body-s">
            {shell.code(run.problem.code)}
          </Box>
        </Alert>
      )}
    </SpaceBetween>
  </Container>
)
