import FormField from '@cloudscape-design/components/form-field'
import Multiselect from '@cloudscape-design/components/multiselect'
import type { ChannelView } from '#core/contracts/channels-api.ts'
import { notifications } from '../../text/notifications.ts'

const words = notifications.settings

export interface Edits<T> {
  channels: readonly ChannelView[]
  disabled: boolean
  onChange: (items: T[]) => void
}

export const ChannelChoice = ({
  chosen,
  channels,
  disabled,
  onChange,
}: { chosen: readonly string[] } & Edits<string>) => {
  const options = channels.map(({ channelId, name }) => ({ value: channelId, label: name }))
  const optionOf = (id: string) =>
    options.find(({ value }) => value === id) ?? { value: id, label: id }
  return (
    <FormField label={words.channels}>
      <Multiselect
        expandToViewport
        disabled={disabled}
        selectedOptions={chosen.map(optionOf)}
        options={options}
        empty={words.needsChannel}
        onChange={({ detail }) =>
          onChange(detail.selectedOptions.flatMap(({ value }) => value ?? []))
        }
      />
    </FormField>
  )
}
