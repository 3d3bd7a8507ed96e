import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { Held } from '#core/contracts/holds-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { useTimeText } from '../../components/time.tsx'
import { holding as words } from '../../text/vm.ts'

/** Lets points be deleted again, by retention and by people. */
export const ReleaseModal = ({
  on,
  name,
  onClose,
}: {
  on: Held
  name: string
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const text = useTimeText()
  const [reason, setReason] = useState('')
  const release = useDeed('releaseHold', {
    onDone: ({ released, lockedUntil }) => {
      const locks = lockedUntil === undefined ? '' : ` ${words.lockedUntil} ${text(lockedUntil)}.`
      tell({ type: 'success', content: `${released ? words.released : words.wasNone}${locks}` })
      onClose()
    },
  })
  return (
    <ConfirmByName
      title={words.releaseTitle(name)}
      name={name}
      action={words.releaseAction}
      ready={reason.trim() !== ''}
      busy={release.isPending}
      error={release.error}
      onConfirm={() => release.mutate({ body: { on, reason } })}
      onCancel={onClose}
      more={
        <FormField label={words.reason} description={words.reasonHint}>
          <Input value={reason} ariaRequired onChange={({ detail }) => setReason(detail.value)} />
        </FormField>
      }
    >
      {words.releaseWhat}
    </ConfirmByName>
  )
}
