import type { FormFieldProps } from '@cloudscape-design/components/form-field'
import { zones as words } from '../text/shell.ts'
import { ChoiceField } from './choice-field.tsx'

const ZONES = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])]

/** One of the time zones that this browser knows. */
export const ZoneField = ({
  value,
  onChange,
  ...field
}: {
  value: string | undefined
  onChange: (zone: string) => void
  placeholder?: string
} & Pick<FormFieldProps, 'label' | 'constraintText' | 'errorText'>) => (
  <ChoiceField
    {...field}
    value={value}
    choices={ZONES}
    textOf={zone => zone}
    find={words.find}
    onChange={onChange}
  />
)
