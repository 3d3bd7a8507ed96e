import FormField, { type FormFieldProps } from '@cloudscape-design/components/form-field'
import TimeInput from '@cloudscape-design/components/time-input'
import { useState } from 'react'

/** A time of the day, `22:00`. What is typed half is told to nobody. */
export const TimeField = ({
  value,
  onChange,
  ...field
}: {
  value: string
  onChange: (time: string) => void
} & Pick<FormFieldProps, 'label' | 'constraintText' | 'errorText'>) => {
  const [typed, setTyped] = useState({ text: value, of: value })
  const text = typed.of === value ? typed.text : value
  return (
    <FormField {...field}>
      <TimeInput
        value={text}
        format="hh:mm"
        placeholder="hh:mm"
        onChange={({ detail }) => {
          const isWhole = /^\d\d:\d\d$/.test(detail.value)
          setTyped({ text: detail.value, of: isWhole ? detail.value : value })
          if (isWhole && detail.value !== value) onChange(detail.value)
        }}
        onBlur={() => setTyped({ text: value, of: value })}
      />
    </FormField>
  )
}
