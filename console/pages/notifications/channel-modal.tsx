import Alert from '@cloudscape-design/components/alert'
import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Select from '@cloudscape-design/components/select'
import { useState } from 'react'
import type { Destination } from '#core/contracts/channels.ts'
import type { ChannelView } from '#core/contracts/channels-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { notifications } from '../../text/notifications.ts'
import { ChannelField } from './channel-field.tsx'
import { destinationOf, fieldsOf, firstValues, isComplete, valuesOf } from './channel-values.ts'

const words = notifications.form
type Kind = Destination['kind']

const KINDS = Object.entries(notifications.kinds).map(([value, label]) => ({
  value: value as Kind,
  label,
}))

/** @param channel what is changed; a new one unless told */
export const ChannelModal = ({
  channel,
  onClose,
}: {
  channel?: ChannelView
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const [name, setName] = useState(channel?.name ?? '')
  const [enabled, setEnabled] = useState(channel?.enabled ?? true)
  const [maxPerHour, setMaxPerHour] = useState(String(channel?.maxPerHour ?? 30))
  const [kind, setKind] = useState<Kind>(channel?.to.kind ?? 'mail')
  const [values, setValues] = useState(channel ? valuesOf(channel.to) : firstValues('mail'))
  const onDone = () => {
    tell({ type: 'success', content: notifications.channels.saved(name) })
    onClose()
  }
  const create = useDeed('createChannel', { onDone })
  const put = useDeed('putChannel', { onDone })
  const fields = fieldsOf(kind, values)
  const save = () => {
    const to = destinationOf(kind, values)
    const body = { name: name.trim(), enabled, maxPerHour: Number(maxPerHour), to }
    if (channel) put.mutate({ params: { channelId: channel.channelId }, body })
    else create.mutate({ body })
  }
  return (
    <FormModal
      title={channel ? words.edit(channel.name) : words.add}
      action={words.save}
      ready={name.trim() !== '' && maxPerHour !== '' && isComplete(kind, values)}
      busy={create.isPending || put.isPending}
      error={create.error ?? put.error}
      onSubmit={save}
      onCancel={onClose}
    >
      <FormField label={words.name}>
        <Input
          value={name}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setName(detail.value)}
        />
      </FormField>
      <FormField label={words.kind}>
        <Select
          selectedOption={KINDS.find(({ value }) => value === kind) ?? null}
          options={KINDS}
          onChange={({ detail }) => {
            const chosen = detail.selectedOption.value as Kind
            setKind(chosen)
            setValues(firstValues(chosen))
          }}
        />
      </FormField>
      {fields.map(field => (
        <ChannelField
          key={`${kind} ${field.path}`}
          field={field}
          value={values[field.path] ?? ''}
          onChange={value => setValues(now => ({ ...now, [field.path]: value }))}
        />
      ))}
      {fields.some(({ type }) => type === 'secret') && (
        <Alert type="info">{words.secretPlaces}</Alert>
      )}
      <FormField label={words.maxPerHour} description={words.maxPerHourHint}>
        <Input
          type="number"
          value={maxPerHour}
          onChange={({ detail }) => setMaxPerHour(detail.value)}
        />
      </FormField>
      <Checkbox checked={enabled} onChange={({ detail }) => setEnabled(detail.checked)}>
        {words.enabled}
      </Checkbox>
    </FormModal>
  )
}
