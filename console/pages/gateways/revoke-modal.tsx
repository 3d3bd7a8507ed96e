import type { GatewayView } from '#core/contracts/runs-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { gateways } from '../../text/gateways.ts'

const words = gateways.revoking

export const RevokeModal = ({
  gateway: { gatewayId, name },
  onClose,
}: {
  gateway: GatewayView
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const revoke = useDeed('revokeGateway', {
    onDone: reply => {
      tell({ type: 'success', content: words.done(reply.name, reply.jobs) })
      onClose()
    },
  })
  return (
    <ConfirmByName
      title={words.title(name)}
      name={name}
      action={words.action}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate({ params: { gatewayId }, body: {} })}
      onCancel={onClose}
    >
      {words.what}
    </ConfirmByName>
  )
}
