import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Checkbox from '@cloudscape-design/components/checkbox'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useRef } from 'react'
import type { PolicyInput } from '#core/contracts/policies.ts'
import { usePages } from '../../../api/use-pages.ts'
import { ChoiceField } from '../../../components/choice-field.tsx'
import { NumberField } from '../../../components/number-field.tsx'
import { ProblemAlert } from '../../../components/problem-alert.tsx'
import { Time } from '../../../components/time.tsx'
import { TimeField } from '../../../components/time-field.tsx'
import { ZoneField } from '../../../components/zone-field.tsx'
import { when as words } from '../../../text/policy-wizard/when.ts'
import type { StepProps } from './draft.ts'
import { newDraft } from './draft.ts'
import { ScheduleFields } from './schedule-fields.tsx'
import type { Preview } from './use-preview.ts'

const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

type Kind = keyof typeof words.kinds

export const WhenStep = ({
  preview,
  policyId,
  ...step
}: StepProps & { preview: Preview; policyId: string | undefined }) => {
  const { draft, change } = step
  const kind: Kind = draft.schedule ? 'schedule' : draft.after ? 'after' : 'hand'
  // What was typed comes back when somebody only looked at another kind.
  const last = useRef<Pick<PolicyInput, 'schedule' | 'after'>>({})
  const choose = (wanted: Kind) => {
    last.current = { ...last.current, ...pick(draft) }
    const { schedule = newDraft(BROWSER_ZONE).schedule } = last.current
    const { after = { policyId: '', when: 'succeeded' as const } } = last.current
    change({
      schedule: wanted === 'schedule' ? schedule : undefined,
      after: wanted === 'after' ? after : undefined,
    })
  }
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{words.start}</Header>}>
        <SpaceBetween size="m">
          <RadioGroup
            ariaLabel={words.start}
            value={kind}
            items={(['schedule', 'after', 'hand'] as const).map(value => ({
              value,
              ...words.kinds[value],
            }))}
            onChange={({ detail }) => choose(detail.value as Kind)}
          />
          {kind === 'schedule' && <ScheduleFields {...step} />}
          {kind === 'after' && <Follows {...step} policyId={policyId} />}
          <Checkbox
            checked={draft.enabled}
            description={words.enabledHint}
            onChange={({ detail }) => change({ enabled: detail.checked })}
          >
            {words.enabled}
          </Checkbox>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{words.next}</Header>}>
        <NextTimes kind={kind} preview={preview} />
      </Container>
      {kind !== 'hand' && (
        <ExpandableSection
          variant="container"
          headerText={words.more}
          defaultExpanded={draft.window !== undefined || draft.schedule?.ifMissed === 'skip'}
        >
          <SpaceBetween size="m">
            <Missed {...step} />
            <WindowFields {...step} />
          </SpaceBetween>
        </ExpandableSection>
      )}
    </SpaceBetween>
  )
}

const pick = ({ schedule, after }: PolicyInput) => ({
  ...(schedule && { schedule }),
  ...(after && { after }),
})

const NextTimes = ({
  kind,
  preview: { data, error, isReady, refetch },
}: {
  kind: Kind
  preview: Preview
}) => {
  if (kind === 'hand') return words.nextNone
  if (kind === 'after') return words.afterNext
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  if (!isReady || !data) return <Box color="text-body-secondary">{words.nextUnknown}</Box>
  return (
    <ol>
      {data.nextTimes.map(at => (
        <li key={at}>
          <Time at={at} />
        </li>
      ))}
    </ol>
  )
}

const Follows = ({
  draft: { after },
  change,
  problem,
  policyId,
}: StepProps & { policyId: string | undefined }) => {
  const { items = [], error, retry } = usePages('listPolicies', {}, { limit: 1_000 })
  if (!after) return null
  const others = items.filter(({ policy }) => policy.policyId !== policyId)
  const names = new Map(others.map(({ policy }) => [policy.policyId, policy.name]))
  return (
    <SpaceBetween size="m">
      {error !== null && error !== undefined && <ProblemAlert error={error} onRetry={retry} />}
      <ColumnLayout columns={2}>
        <ChoiceField
          label={words.follows}
          value={after.policyId === '' ? undefined : after.policyId}
          choices={[...names.keys()]}
          textOf={id => names.get(id) ?? id}
          placeholder={words.choosePolicy}
          find={words.choosePolicy}
          errorText={problem('after.policyId') && words.choosePolicy}
          onChange={chosen => change({ after: { ...after, policyId: chosen } })}
        />
        <ChoiceField
          label={words.followsWhen}
          value={after.when}
          choices={['succeeded', 'any']}
          textOf={value => words.followsChoices[value]}
          onChange={ended => change({ after: { ...after, when: ended } })}
        />
      </ColumnLayout>
    </SpaceBetween>
  )
}

const Missed = ({ draft: { schedule }, change, problem }: StepProps) =>
  schedule ? (
    <ColumnLayout columns={2}>
      <ChoiceField
        label={words.ifMissed}
        constraintText={words.ifMissedHint}
        value={schedule.ifMissed}
        choices={['run', 'skip']}
        textOf={value => words.ifMissedChoices[value]}
        onChange={ifMissed => change({ schedule: { ...schedule, ifMissed } })}
      />
      {schedule.ifMissed === 'run' && (
        <NumberField
          label={words.within}
          value={schedule.withinHours}
          errorText={problem('schedule.withinHours')}
          onChange={(withinHours = Number.NaN) =>
            change({ schedule: { ...schedule, withinHours } })
          }
        />
      )}
    </ColumnLayout>
  ) : null

const WindowFields = ({ draft: { window, schedule }, change, problem }: StepProps) => (
  <SpaceBetween size="m">
    <Checkbox
      checked={window !== undefined}
      description={words.windowHint}
      onChange={({ detail }) =>
        change({
          window: detail.checked
            ? { from: '22:00', to: '06:00', timeZone: schedule?.timeZone ?? BROWSER_ZONE }
            : undefined,
        })
      }
    >
      {words.window}
    </Checkbox>
    {window && (
      <ColumnLayout columns={3}>
        <TimeField
          label={words.from}
          value={window.from}
          errorText={problem('window.from')}
          onChange={from => change({ window: { ...window, from } })}
        />
        <TimeField
          label={words.to}
          value={window.to}
          errorText={problem('window.to')}
          onChange={to => change({ window: { ...window, to } })}
        />
        <ZoneField
          label={words.windowZone}
          value={window.timeZone}
          onChange={timeZone => change({ window: { ...window, timeZone } })}
        />
      </ColumnLayout>
    )}
    {window && window.from === window.to && <Alert type="warning">{words.sameTime}</Alert>}
  </SpaceBetween>
)
