import ColumnLayout from '@cloudscape-design/components/column-layout'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Multiselect from '@cloudscape-design/components/multiselect'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { ChoiceField } from '../../../components/choice-field.tsx'
import { NumberField } from '../../../components/number-field.tsx'
import { TimeField } from '../../../components/time-field.tsx'
import { ZoneField } from '../../../components/zone-field.tsx'
import { when as words } from '../../../text/policy-wizard/when.ts'
import type { StepProps } from './draft.ts'
import {
  choiceOf,
  cronOf,
  HOUR_STEPS,
  type ScheduleChoice,
  WEEKDAY_CODES,
} from './schedule-choice.ts'

const EVERY = ['hours', 'day', 'week', 'month', 'cron'] as const
type Every = (typeof EVERY)[number]

/** From Monday. */
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 0]
const two = (value: number): string => String(value).padStart(2, '0')

/** When a policy runs: what most people want by choices, the rest by a cron expression. */
export const ScheduleFields = ({ draft: { schedule }, change, problem }: StepProps) => {
  const [byCron, setByCron] = useState(false)
  if (!schedule) return null
  const choice: ScheduleChoice = byCron ? { every: 'cron' } : choiceOf(schedule.cron)
  const set = (cron: string) => change({ schedule: { ...schedule, cron } })
  const chooseEvery = (every: Every) => {
    setByCron(every === 'cron')
    if (every !== 'cron') set(cronOf(beginningOf(every, choiceOf(schedule.cron))))
  }
  return (
    <ColumnLayout columns={3}>
      <ChoiceField
        label={words.every}
        value={choice.every}
        choices={EVERY}
        textOf={every => words.everyChoices[every]}
        onChange={chooseEvery}
      />
      {choice.every === 'cron' ? (
        <FormField
          label={words.cron}
          constraintText={words.cronHint}
          errorText={problem('schedule.cron')}
        >
          <Input value={schedule.cron} onChange={({ detail }) => set(detail.value)} />
        </FormField>
      ) : (
        <ChoiceParts choice={choice} onChange={changed => set(cronOf(changed))} />
      )}
      <ZoneField
        label={words.zone}
        value={schedule.timeZone}
        onChange={timeZone => change({ schedule: { ...schedule, timeZone } })}
      />
    </ColumnLayout>
  )
}

type Simple = Exclude<ScheduleChoice, { every: 'cron' }>

/** Another rhythm at the same time of the day, as far as there was one. */
const beginningOf = (every: Exclude<Every, 'cron'>, before: ScheduleChoice): Simple => {
  const hours = 'hours' in before ? before.hours : [22]
  const minute = before.every === 'cron' ? 0 : before.minute
  if (every === 'hours') return { every, step: 1, minute }
  if (every === 'day') return { every, hours, minute }
  if (every === 'week') return { every, weekdays: [0], hours, minute }
  return { every, on: '1', hours, minute }
}

const ChoiceParts = ({
  choice,
  onChange,
}: {
  choice: Simple
  onChange: (choice: Simple) => void
}) => {
  if (choice.every === 'hours')
    return (
      <SpaceBetween size="s">
        <ChoiceField
          label={words.step}
          value={String(choice.step)}
          choices={HOUR_STEPS.map(String)}
          textOf={step => words.steps(Number(step))}
          onChange={step => onChange({ ...choice, step: Number(step) })}
        />
        <NumberField
          label={words.minute}
          value={choice.minute}
          onChange={(minute = 0) =>
            onChange({ ...choice, minute: Math.min(59, Math.max(0, Math.trunc(minute))) })
          }
        />
      </SpaceBetween>
    )
  return (
    <SpaceBetween size="s">
      {choice.every === 'week' && (
        <FormField label={words.weekdays}>
          <Multiselect
            options={WEEKDAYS.map(weekdayOption)}
            selectedOptions={WEEKDAYS.filter(day => choice.weekdays.includes(day)).map(
              weekdayOption,
            )}
            onChange={({ detail }) => {
              const weekdays = detail.selectedOptions.map(({ value }) => Number(value)).sort()
              if (weekdays.length > 0) onChange({ ...choice, weekdays })
            }}
          />
        </FormField>
      )}
      {choice.every === 'month' && (
        <ChoiceField
          label={words.on}
          value={choice.on}
          choices={DAYS_OF_MONTH}
          textOf={dayOfMonthText}
          find={words.on}
          onChange={on => onChange({ ...choice, on })}
        />
      )}
      <Times choice={choice} onChange={onChange} />
    </SpaceBetween>
  )
}

const weekdayOption = (day: number) => ({
  value: String(day),
  label: words.weekdayNames[day] ?? '',
})

const NTHS = ['1', '2', '3', '4', '5', 'L'] as const

const DAYS_OF_MONTH: readonly string[] = [
  ...Array.from({ length: 31 }, (_, index) => String(index + 1)),
  'L',
  ...NTHS.flatMap(nth => WEEKDAYS.map(day => `${WEEKDAY_CODES[day]}#${nth}`)),
]

const dayOfMonthText = (on: string): string => {
  if (on === 'L') return words.lastDay
  const [code, nth] = on.split('#')
  if (nth === undefined) return (Number(on) > 28 ? words.dayNotEach : words.day)(Number(on))
  const day = WEEKDAY_CODES.indexOf(code as (typeof WEEKDAY_CODES)[number])
  return words.nthWeekday(words.nth[nth as keyof typeof words.nth], words.weekdayNames[day] ?? '')
}

const Times = ({
  choice,
  onChange,
}: {
  choice: Exclude<Simple, { every: 'hours' }>
  onChange: (choice: Simple) => void
}) => {
  const { hours, minute } = choice
  const [first = 0, ...more] = hours
  const option = (hour: number) => ({
    value: String(hour),
    label: `${two(hour)}:${two(minute)}`,
  })
  const set = (wanted: readonly number[], at: number) =>
    onChange({ ...choice, hours: [...new Set(wanted)].sort((a, b) => a - b), minute: at })
  return (
    <SpaceBetween size="s">
      <TimeField
        label={words.at}
        constraintText={words.atHint}
        value={`${two(first)}:${two(minute)}`}
        onChange={time => {
          const [hour = 0, at = 0] = time.split(':').map(Number)
          set([hour, ...more], at)
        }}
      />
      <FormField label={words.alsoAt}>
        <Multiselect
          options={Array.from({ length: 24 }, (_, hour) => hour)
            .filter(hour => hour !== first)
            .map(option)}
          selectedOptions={more.map(option)}
          placeholder={words.none}
          onChange={({ detail }) =>
            set([first, ...detail.selectedOptions.map(({ value }) => Number(value))], minute)
          }
        />
      </FormField>
    </SpaceBetween>
  )
}
