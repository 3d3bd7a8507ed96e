import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { Held } from '#core/contracts/holds-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { holds } from '../../text/holds.ts'
import { ConfirmByName } from '../confirm-by-name.tsx'
import { useTimeText } from '../time.tsx'

const words = holds.release

/**
 * Lets points be deleted again, by retention and by people.
 * @param name as people know what is held; asked for
 */
export const ReleaseHold = ({
  on,
  name,
  onClose,
}: {
  on: Held
  name: string
  onClose: () => void
}) => {
  const timeText = useTimeText()
  const [reason, setReason] = useState('')
  const { ask, dialogue } = useAskedDeed('releaseHold', {
    told: ({ released, lockedUntil }) => {
      const locks = lockedUntil === undefined ? '' : ` ${words.lockedUntil(timeText(lockedUntil))}`
      return `${released ? words.done : words.wasNone}${locks}`
    },
    onClose,
  })
  return (
    <ConfirmByName
      title={words.title(name)}
      name={name}
      action={words.submit}
      ready={reason.trim() !== ''}
      {...dialogue}
      onConfirm={() => ask({ body: { on, reason } })}
      more={
        <FormField label={words.reason}>
          <Input value={reason} ariaRequired onChange={({ detail }) => setReason(detail.value)} />
        </FormField>
      }
    >
      {words.what}
    </ConfirmByName>
  )
}
