import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { RegionReply } from '#core/contracts/region-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { settings } from '../../text/settings.ts'

const words = settings.region

export const TakeOverModal = ({
  region: { here, active },
  onClose,
}: {
  region: RegionReply
  onClose: () => void
}) => {
  const [why, setWhy] = useState('')
  const { ask, dialogue } = useAskedDeed('takeOverRegion', {
    told: ({ line, goingOn }) => words.done(line, goingOn),
    onClose,
  })
  return (
    <ConfirmByName
      title={words.dialog(here)}
      name={here}
      action={words.takeOver}
      {...dialogue}
      onConfirm={() =>
        ask({ body: { confirm: here, ...(why.trim() !== '' && { why: why.trim() }) } })
      }
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
