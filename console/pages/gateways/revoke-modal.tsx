import type { GatewayView } from '#core/contracts/runs-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { gateways } from '../../text/gateways.ts'

const words = gateways.revoking

export const RevokeModal = ({
  gateway: { gatewayId, name },
  onClose,
  onRevoked,
}: {
  gateway: GatewayView
  onClose: () => void
  onRevoked?: () => void
}) => {
  const { ask, dialogue } = useAskedDeed('revokeGateway', {
    told: reply => words.done(reply.name, reply.jobs),
    onClose,
    ...(onRevoked && { onTold: onRevoked }),
  })
  return (
    <ConfirmByName
      title={words.title(name)}
      name={name}
      action={words.action}
      {...dialogue}
      onConfirm={() => ask({ params: { gatewayId }, body: {} })}
    >
      {words.what}
    </ConfirmByName>
  )
}
