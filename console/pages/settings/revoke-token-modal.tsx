import type { TokenView } from '#core/contracts/tokens-api.ts'
import { useAskedDeed } from '../../api/use-asked-deed.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { settings } from '../../text/settings.ts'

const words = settings.revocation

export const RevokeTokenModal = ({
  token: { tokenId, name },
  onClose,
}: {
  token: TokenView
  onClose: () => void
}) => {
  const { ask, dialogue } = useAskedDeed('revokeToken', {
    told: () => words.done(name),
    onClose,
  })
  return (
    <ConfirmByName
      title={words.title(name)}
      name={name}
      action={words.action}
      {...dialogue}
      onConfirm={() => ask({ params: { tokenId } })}
    >
      {words.what}
    </ConfirmByName>
  )
}
