import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { type ReactNode, useState } from 'react'
import type { Held } from '#core/contracts/holds-api.ts'
import { timeNow } from '../../api/clock.ts'
import { useDeed } from '../../api/use-call.ts'
import { holds } from '../../text/holds.ts'
import { FormModal } from '../form-modal.tsx'
import { useNotices } from '../notices.tsx'

const words = holds.place

/** @returns the beginning of a day (UTC), ms since 1970; `undefined`: it is none, or none to come */
const dayOf = (text: string): number | undefined => {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return day > timeNow() ? day : undefined
}

/**
 * Forbids that a point, or any of a virtual machine, is deleted.
 * @param on what is held; `undefined`: it is not chosen yet
 * @param choice where it is to be chosen first, the fields for that
 */
export const PlaceHold = ({
  on,
  title,
  choice,
  onClose,
}: {
  on: Held | undefined
  title: string
  choice?: ReactNode
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
          ? { type: 'success', content: words.done }
          : { type: 'warning', header: words.done, content: words.late(beingRemoved) },
      )
      onClose()
    },
  })
  const submit = () => {
    if (on) place.mutate({ body: { on, reason, ...(until !== undefined && { until }) } })
  }
  return (
    <FormModal
      title={title}
      action={words.submit}
      ready={on !== undefined && reason.trim() !== '' && !isDayWrong}
      busy={place.isPending}
      error={place.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <Box>{words.what}</Box>
      {choice}
      <FormField label={words.reason} description={words.reasonHint}>
        <Input
          value={reason}
          autoFocus={choice === undefined}
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
