import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { gateways } from '../../text/gateways.ts'

const words = gateways.renaming

export const RenameModal = ({
  gateway: { gatewayId, name },
  done = words.done,
  onClose,
}: {
  /** Or the agent in a guest, which is enrolled like one. */
  gateway: Pick<GatewayView, 'gatewayId' | 'name'>
  done?: (name: string) => string
  onClose: () => void
}) => {
  const [typed, setTyped] = useState(name)
  const { ask, dialogue } = useAskedDeed('renameGateway', {
    told: reply => done(reply.name),
    onClose,
  })
  return (
    <FormModal
      title={words.title(name)}
      action={words.action}
      ready={typed.trim() !== '' && typed !== name}
      {...dialogue}
      onSubmit={() => ask({ params: { gatewayId }, body: { name: typed } })}
    >
      <FormField label={words.label}>
        <Input
          value={typed}
          autoFocus
          ariaRequired
          onChange={({ detail }) => setTyped(detail.value)}
        />
      </FormField>
    </FormModal>
  )
}
