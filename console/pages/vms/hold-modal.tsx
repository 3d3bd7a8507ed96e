import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { Held } from '#core/contracts/holds-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { holding as words } from '../../text/vm.ts'

/** @returns the beginning of a day (UTC), ms since 1970; `undefined`: it is none, or none to come */
const dayOf = (text: string): number | undefined => {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return day > Date.now() ? day : undefined
}

/** Forbids that a point, or any of a virtual machine, is deleted. */
export const HoldModal = ({
  on,
  name,
  onClose,
}: {
  on: Held
  name: string
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const [reason, setReason] = useState('')
  const [day, setDay] = useState('')
  const until = dayOf(day.trim())
  const isDayWrong = day.trim() !== '' && until === undefined
  const place = useDeed('placeHold', {
    onDone: ({ beingRemoved }) => {
      tell(
        beingRemoved.length === 0
          ? { type: 'success', content: words.placed }
          : { type: 'warning', header: words.placed, content: words.late(beingRemoved.length) },
      )
      onClose()
    },
  })
  return (
    <FormModal
      title={'pointId' in on ? words.titlePoint(name) : words.titleVm(name)}
      action={words.place}
      ready={reason.trim() !== '' && !isDayWrong}
      busy={place.isPending}
      error={place.error}
      onSubmit={() => place.mutate({ body: { on, reason, ...(until !== undefined && { until }) } })}
      onCancel={onClose}
    >
      <Box>{words.what}</Box>
      <FormField label={words.reason} description={words.reasonHint}>
        <Input
          value={reason}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setReason(detail.value)}
        />
      </FormField>
      <FormField
        label={words.until}
        description={words.untilHint}
        errorText={isDayWrong && words.badDay}
      >
        <Input
          value={day}
          placeholder="2027-12-31"
          invalid={isDayWrong}
          onChange={({ detail }) => setDay(detail.value)}
        />
      </FormField>
    </FormModal>
  )
}
