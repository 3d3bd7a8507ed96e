import Checkbox from '@cloudscape-design/components/checkbox'
import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { LockPolicy } from '#core/contracts/points.ts'
import type { Retention } from '#core/contracts/policies.ts'
import { NumberField } from '../../../components/number-field.tsx'
import { ZoneField } from '../../../components/zone-field.tsx'
import { keep as words } from '../../../text/policy-wizard/keep.ts'
import type { StepProps } from './draft.ts'
import { KeptPreview } from './kept-preview.tsx'
import type { Preview } from './use-preview.ts'

const COUNTS = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly', 'days'] as const

export const KeepStep = ({
  preview,
  months,
  onMonths,
  ...step
}: StepProps & { preview: Preview; months: number; onMonths: (months: number) => void }) => (
  <SpaceBetween size="l">
    <Rules {...step} />
    <Lock {...step} />
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SegmentedControl
              label={words.ahead}
              selectedId={String(months)}
              options={Object.entries(words.aheadChoices).map(([id, text]) => ({ id, text }))}
              onChange={({ detail }) => onMonths(Number(detail.selectedId))}
            />
          }
        >
          {words.calendar}
        </Header>
      }
    >
      <KeptPreview preview={preview} />
    </Container>
  </SpaceBetween>
)

const Rules = ({ draft, change, problem }: StepProps) => {
  const { retention, schedule } = draft
  const set = (members: Partial<Retention>) => {
    const changed = Object.entries({ ...retention, ...members })
    change({
      retention: Object.fromEntries(
        changed.filter(([, value]) => value !== undefined),
      ) as Retention,
    })
  }
  return (
    <Container
      header={
        <Header variant="h2" description={words.hint}>
          {words.rules}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <FormField errorText={problem('retention')} stretch>
          <ColumnLayout columns={4}>
            {COUNTS.map(rule => (
              <NumberField
                key={rule}
                label={words[rule]}
                value={retention[rule]}
                errorText={problem(`retention.${rule}`)}
                onChange={value => set({ [rule]: value })}
              />
            ))}
          </ColumnLayout>
        </FormField>
        <Checkbox
          checked={retention.forever === true}
          onChange={({ detail }) => set({ forever: detail.checked ? true : undefined })}
        >
          {words.forever}
        </Checkbox>
        <ExpandableSection
          headerText={words.more}
          defaultExpanded={retention.atLeast > 1 || retention.timeZone !== undefined}
        >
          <ColumnLayout columns={2}>
            <NumberField
              label={words.atLeast}
              constraintText={words.atLeastHint}
              value={retention.atLeast}
              errorText={problem('retention.atLeast')}
              onChange={(atLeast = Number.NaN) => set({ atLeast })}
            />
            <ZoneField
              label={words.zone}
              value={retention.timeZone}
              placeholder={words.zoneOfSchedule(schedule?.timeZone ?? 'UTC')}
              onChange={timeZone => set({ timeZone })}
            />
          </ColumnLayout>
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  )
}

const LOCKS = ['none', 'governance', 'compliance'] as const
const LOCK_DAYS = 14

const Lock = ({ draft: { lock }, change, problem }: StepProps) => (
  <Container
    header={
      <Header variant="h2" description={words.lockHint}>
        {words.lock}
      </Header>
    }
  >
    <SpaceBetween size="m">
      <RadioGroup
        ariaLabel={words.lock}
        value={lock?.mode ?? 'none'}
        items={LOCKS.map(value => ({ value, ...words.locks[value] }))}
        onChange={({ detail }) =>
          change({
            lock:
              detail.value === 'none'
                ? undefined
                : { mode: detail.value as LockPolicy['mode'], days: lock?.days ?? LOCK_DAYS },
          })
        }
      />
      {lock && (
        <NumberField
          label={words.lockDays}
          value={lock.days}
          errorText={problem('lock.days')}
          onChange={(days = Number.NaN) => change({ lock: { ...lock, days } })}
        />
      )}
    </SpaceBetween>
  </Container>
)
