import Box from '@cloudscape-design/components/box'
import DateInput from '@cloudscape-design/components/date-input'
import FormField from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import TimeInput from '@cloudscape-design/components/time-input'
import { useState } from 'react'
import { timeNow } from '../../api/clock.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { policies } from '../../text/policies.ts'

const words = policies.pausing
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

/** Asks until when, in the zone of this browser. */
export const PauseModal = ({
  name,
  busy,
  error,
  onPause,
  onClose,
}: {
  name: string
  busy: boolean
  error: unknown
  /** @param until ms since 1970 */
  onPause: (until: number) => void
  onClose: () => void
}) => {
  const [date, setDate] = useState('')
  const [time, setTime] = useState('06:00')
  const until = new Date(`${date}T${time}`).getTime()
  const isPast = until <= timeNow()
  return (
    <FormModal
      title={words.title(name)}
      action={words.action}
      ready={!Number.isNaN(until) && !isPast}
      busy={busy}
      error={error}
      onSubmit={() => onPause(until)}
      onCancel={onClose}
    >
      <SpaceBetween size="m">
        <Box variant="p">{words.what}</Box>
        <FormField
          label={words.date}
          constraintText={words.dateHint}
          errorText={isPast && words.past}
        >
          <DateInput
            value={date}
            format="iso"
            inputFormat="iso"
            placeholder="YYYY-MM-DD"
            autoFocus
            onChange={({ detail }) => setDate(detail.value)}
          />
        </FormField>
        <FormField label={words.time} constraintText={words.zone(ZONE)}>
          <TimeInput
            value={time}
            format="hh:mm"
            placeholder="hh:mm"
            onChange={({ detail }) => setTime(detail.value)}
          />
        </FormField>
      </SpaceBetween>
    </FormModal>
  )
}
