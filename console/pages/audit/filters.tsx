import DatePicker from '@cloudscape-design/components/date-picker'
import FormField from '@cloudscape-design/components/form-field'
import Grid from '@cloudscape-design/components/grid'
import Input from '@cloudscape-design/components/input'
import Select, { type SelectProps } from '@cloudscape-design/components/select'
import { AuditOutcome } from '#core/contracts/audit-api.ts'
import { routes } from '#core/contracts/routes.ts'
import { audit } from '../../text/audit.ts'
import { meaningOf } from './columns.tsx'

const words = audit.filter

/** As the person set them; texts are empty and days unset where nothing is asked. */
export interface Filter {
  who: string
  action: string
  outcome: string
  from: string
  to: string
}

export const NO_FILTER: Filter = { who: '', action: '', outcome: '', from: '', to: '' }

/** Calls that leave a record. */
const ACTIONS: SelectProps.Option[] = [
  { value: '', label: words.anyAction },
  ...Object.entries(routes)
    .filter(([, route]) => route.audience !== 'gateway' && route.method !== 'GET')
    .filter(([, route]) => !('readOnly' in route))
    .map(([name]) => ({ value: name, label: name, description: meaningOf(name) }))
    .sort((a, b) => (a.label < b.label ? -1 : 1)),
]

const OUTCOMES: SelectProps.Option[] = [
  { value: '', label: words.anyOutcome },
  ...AuditOutcome.options.map(value => ({ value, label: audit.outcomes[value] })),
]

const chosen = (options: SelectProps.Option[], value: string) =>
  options.find(option => option.value === value) ?? null

export const Filters = ({
  filter,
  change,
}: {
  filter: Filter
  change: (part: Partial<Filter>) => void
}) => (
  <Grid
    gridDefinition={[4, 4, 4, 3, 3].map(width => ({ colspan: { default: 12, xxs: 6, s: width } }))}
  >
    <FormField label={words.who} stretch>
      <Input
        type="search"
        value={filter.who}
        placeholder={words.whoHint}
        onChange={({ detail }) => change({ who: detail.value })}
      />
    </FormField>
    <FormField label={words.action} stretch>
      <Select
        filteringType="auto"
        expandToViewport
        selectedOption={chosen(ACTIONS, filter.action)}
        options={ACTIONS}
        onChange={({ detail }) => change({ action: detail.selectedOption.value ?? '' })}
      />
    </FormField>
    <FormField label={words.outcome} stretch>
      <Select
        selectedOption={chosen(OUTCOMES, filter.outcome)}
        options={OUTCOMES}
        onChange={({ detail }) => change({ outcome: detail.selectedOption.value ?? '' })}
      />
    </FormField>
    <Day label={words.from} value={filter.from} onChange={from => change({ from })} />
    <Day label={words.to} value={filter.to} onChange={to => change({ to })} />
  </Grid>
)

const Day = ({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (day: string) => void
}) => (
  <FormField label={label} stretch>
    <DatePicker
      value={value}
      format="iso"
      expandToViewport
      placeholder={words.day}
      openCalendarAriaLabel={() => `${label}: ${words.openCalendar}`}
      onChange={({ detail }) => onChange(detail.value)}
    />
  </FormField>
)
