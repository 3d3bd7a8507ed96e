import FormField, { type FormFieldProps } from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'

export interface ChoiceFieldProps<V extends string>
  extends Pick<FormFieldProps, 'label' | 'description' | 'constraintText' | 'errorText'> {
  value: V | undefined
  choices: readonly V[]
  textOf: (value: V) => string
  onChange: (value: V) => void
  placeholder?: string
  /** Where there are many: a field to find one by its text, and what that says. */
  find?: string
}

/** One of some values. */
export const ChoiceField = <V extends string>({
  value,
  choices,
  textOf,
  onChange,
  placeholder,
  find,
  ...field
}: ChoiceFieldProps<V>) => {
  const options = choices.map(one => ({ value: one, label: textOf(one) }))
  return (
    <FormField {...field}>
      <Select
        options={options}
        selectedOption={
          value === undefined
            ? null
            : (options.find(option => option.value === value) ?? { value, label: value })
        }
        placeholder={placeholder}
        {...(find !== undefined && {
          filteringType: 'auto' as const,
          filteringPlaceholder: find,
          filteringAriaLabel: find,
        })}
        virtualScroll={choices.length > 100}
        onChange={({ detail }) => onChange(detail.selectedOption.value as V)}
      />
    </FormField>
  )
}
