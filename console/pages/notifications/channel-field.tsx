import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import Textarea from '@cloudscape-design/components/textarea'
import { useCall } from '../../api/use-call.ts'
import { notifications } from '../../text/notifications.ts'
import type { Field } from './channel-fields.ts'

const words = notifications.form

interface Props {
  field: Field
  value: string
  onChange: (value: string) => void
}

export const ChannelField = (props: Props) => {
  const { label, type, optional, hint } = props.field
  return (
    <FormField
      label={
        <>
          {type === 'secret' ? words.secretName(label) : label}
          {optional && <i> ({words.optional})</i>}
        </>
      }
      description={
        type === 'secret' ? words.secret : type === 'lines' ? (hint ?? words.lines) : hint
      }
    >
      <Control {...props} />
    </FormField>
  )
}

const Control = ({ field: { type, choices = [], optional }, value, onChange }: Props) => {
  const text = {
    value,
    onChange: ({ detail }: { detail: { value: string } }) => onChange(detail.value),
  }
  switch (type) {
    case 'choice':
      return <Choice choices={choices} value={value} onChange={onChange} />
    case 'gateway':
      return <GatewayChoice value={value} onChange={onChange} />
    case 'lines':
      return <Textarea {...text} rows={2} ariaRequired={!optional} />
    case 'number':
      return <Input {...text} type="number" ariaRequired={!optional} />
    default:
      return <Input {...text} autoComplete={false} spellcheck={false} ariaRequired={!optional} />
  }
}

const Choice = ({
  choices,
  value,
  onChange,
}: Pick<Props, 'value' | 'onChange'> & {
  choices: readonly { value: string; label: string }[]
}) => (
  <Select
    selectedOption={choices.find(choice => choice.value === value) ?? null}
    options={choices}
    onChange={({ detail }) => onChange(detail.selectedOption.value ?? '')}
  />
)

const GatewayChoice = ({ value, onChange }: Pick<Props, 'value' | 'onChange'>) => {
  const { data } = useCall('listGateways', { query: { limit: 1_000 } })
  const known = (data?.items ?? []).map(({ gatewayId, name }) => ({
    value: gatewayId,
    label: name,
  }))
  // One that is gone, or not loaded yet, is still what the channel names.
  const named = known.some(one => one.value === value) ? [] : [{ value, label: value }]
  const choices = [{ value: '', label: words.anyGateway }, ...known, ...(value === '' ? [] : named)]
  return <Choice choices={choices} value={value} onChange={onChange} />
}
