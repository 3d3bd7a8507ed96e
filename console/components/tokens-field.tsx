import Autosuggest from '@cloudscape-design/components/autosuggest'
import FormField, { type FormFieldProps } from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TokenGroup from '@cloudscape-design/components/token-group'
import { useState } from 'react'
import { tokens as words } from '../text/shell.ts'

export interface TokensFieldProps
  extends Pick<FormFieldProps, 'label' | 'description' | 'constraintText' | 'errorText'> {
  values: readonly string[] | undefined
  /** Undefined where none is left. */
  onChange: (values: string[] | undefined) => void
  /** What is offered; anything else may be typed. */
  known?: readonly string[]
  placeholder?: string
}

/** Texts that are typed one by one, each with the Enter key. */
export const TokensField = ({
  values = [],
  onChange,
  known = [],
  placeholder,
  ...field
}: TokensFieldProps) => {
  const [typed, setTyped] = useState('')
  const add = (text: string) => {
    setTyped('')
    if (text !== '' && !values.includes(text)) onChange([...values, text])
  }
  return (
    <FormField {...field}>
      <SpaceBetween size="xxs">
        <Autosuggest
          value={typed}
          options={known.filter(one => !values.includes(one)).map(value => ({ value }))}
          placeholder={placeholder}
          enteredTextLabel={words.use}
          empty={words.type}
          onChange={({ detail }) => setTyped(detail.value)}
          onSelect={({ detail }) => add(detail.value)}
          // Who goes on without the Enter key means what stands there.
          onBlur={() => add(typed)}
        />
        <TokenGroup
          items={values.map(label => ({ label, dismissLabel: words.remove(label) }))}
          onDismiss={({ detail: { itemIndex } }) => {
            const left = values.filter((_, index) => index !== itemIndex)
            onChange(left.length > 0 ? left : undefined)
          }}
        />
      </SpaceBetween>
    </FormField>
  )
}
