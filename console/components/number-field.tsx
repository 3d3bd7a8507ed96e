import FormField, { type FormFieldProps } from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'

export interface NumberFieldProps
  extends Pick<FormFieldProps, 'label' | 'description' | 'constraintText' | 'errorText'> {
  value: number | undefined
  onChange: (value: number | undefined) => void
  placeholder?: string
}

/** A number that may be left out. */
export const NumberField = ({ value, onChange, placeholder, ...field }: NumberFieldProps) => (
  <FormField {...field}>
    <Input
      type="number"
      inputMode="decimal"
      value={value === undefined || Number.isNaN(value) ? '' : String(value)}
      placeholder={placeholder}
      onChange={({ detail }) => onChange(detail.value === '' ? undefined : Number(detail.value))}
    />
  </FormField>
)
