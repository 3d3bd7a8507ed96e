import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { RegionReply } from '#core/contracts/region-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { settings } from '../../text/settings.ts'

const words = settings.region

export const TakeOverModal = ({
  region: { here, active },
  onClose,
}: {
  region: RegionReply
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const [why, setWhy] = useState('')
  const takeOver = useDeed('takeOverRegion', {
    onDone: ({ line, goingOn }) => {
      tell({ type: 'success', content: words.done(line, goingOn) })
      onClose()
    },
  })
  return (
    <ConfirmByName
      title={words.dialog(here)}
      name={here}
      action={words.takeOver}
      busy={takeOver.isPending}
      error={takeOver.error}
      onConfirm={() =>
        takeOver.mutate({ body: { confirm: here, ...(why.trim() !== '' && { why: why.trim() }) } })
      }
      onCancel={onClose}
      more={
        <FormField label={words.why}>
          <Input value={why} onChange={({ detail }) => setWhy(detail.value)} />
        </FormField>
      }
    >
      {words.what(here, active)}
    </ConfirmByName>
  )
}
