import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import { useState } from 'react'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { FormModal } from '../../components/form-modal.tsx'
import { useNotices } from '../../components/notices.tsx'
import { gateways } from '../../text/gateways.ts'

const words = gateways.renaming

export const RenameModal = ({
  gateway: { gatewayId, name },
  onClose,
}: {
  gateway: GatewayView
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const [typed, setTyped] = useState(name)
  const rename = useDeed('renameGateway', {
    onDone: reply => {
      tell({ type: 'success', content: words.done(reply.name) })
      onClose()
    },
  })
  return (
    <FormModal
      title={words.title(name)}
      action={words.action}
      ready={typed.trim() !== '' && typed !== name}
      busy={rename.isPending}
      error={rename.error}
      onSubmit={() => rename.mutate({ params: { gatewayId }, body: { name: typed } })}
      onCancel={onClose}
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
