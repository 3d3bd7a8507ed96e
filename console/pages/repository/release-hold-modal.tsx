import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { HoldView } from '#core/contracts/holds-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { useTimeText } from '../../components/time.tsx'
import { repository } from '../../text/repository.ts'
import { heldName, heldOf } from './held-text.ts'

const words = repository.holds.releasing

export const ReleaseHoldModal = ({ hold, onClose }: { hold: HoldView; onClose: () => void }) => {
  const { tell } = useNotices()
  const timeText = useTimeText()
  const [reason, setReason] = useState('')
  const release = useDeed('releaseHold', {
    onDone: ({ lockedUntil }) => {
      const content = lockedUntil === undefined ? words.done : words.locked(timeText(lockedUntil))
      tell({ type: 'success', content })
      onClose()
    },
  })
  return (
    <FormModal
      title={words.title}
      action={words.action}
      ready={reason.trim() !== ''}
      busy={release.isPending}
      error={release.error}
      onSubmit={() => release.mutate({ body: { on: heldOf(hold), reason } })}
      onCancel={onClose}
    >
      <Box variant="strong">{heldName(hold)}</Box>
      <Alert type="warning">{words.what}</Alert>
      <FormField label={words.reason}>
        <Input
          value={reason}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setReason(detail.value)}
        />
      </FormField>
    </FormModal>
  )
}
