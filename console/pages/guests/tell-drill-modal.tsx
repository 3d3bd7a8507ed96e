import Alert from '@cloudscape-design/components/alert'
import FormField from '@cloudscape-design/components/form-field'
import Textarea from '@cloudscape-design/components/textarea'
import { useState } from 'react'
import { type GuestView, TellDrillRequest } from '#core/contracts/guests-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { drill as words } from '../../text/guests.ts'
import type { Component } from './component.ts'

/** An owner tells that the drill of a recipe held on this guest. */
export const TellDrillModal = ({
  guest: { guestUuid, name },
  component: { recipe },
  onClose,
}: {
  guest: Pick<GuestView, 'guestUuid' | 'name'>
  component: Component
  onClose: () => void
}) => {
  const [note, setNote] = useState('')
  const { ask, dialogue } = useAskedDeed('tellDrill', {
    told: reply => words.told(reply.recipe, reply.label),
    onClose,
  })
  return (
    <FormModal
      title={words.tellTitle(recipe, name)}
      action={words.tell}
      ready={TellDrillRequest.shape.note.safeParse(note).success}
      {...dialogue}
      onSubmit={() => ask({ params: { guestUuid }, body: { recipe, note } })}
    >
      <Alert type="info">{words.tellWhat}</Alert>
      <FormField label={words.note} constraintText={words.noteHint}>
        <Textarea
          value={note}
          rows={4}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setNote(detail.value)}
        />
      </FormField>
    </FormModal>
  )
}
