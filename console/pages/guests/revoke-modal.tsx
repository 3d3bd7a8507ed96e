import type { GuestView } from '#core/contracts/guests-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { revokeGuest as words } from '../../text/guests.ts'

/** Asks for the name of the guest whose agent is not to be trusted any more. */
export const RevokeModal = ({
  guest: { gatewayId, name },
  onClose,
  onRevoked,
}: {
  guest: Pick<GuestView, 'gatewayId' | 'name'>
  onClose: () => void
  onRevoked: () => void
}) => {
  const { ask, dialogue } = useAskedDeed('revokeGateway', {
    told: reply => words.done(reply.name, reply.jobs),
    onClose,
    onTold: onRevoked,
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
