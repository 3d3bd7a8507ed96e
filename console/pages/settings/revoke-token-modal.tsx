import type { TokenView } from '#core/contracts/tokens-api.ts'
import { useDeed } from '../../api/use-call.ts'
import { ConfirmByName } from '../../components/confirm-by-name.tsx'
import { useNotices } from '../../components/notices.tsx'
import { settings } from '../../text/settings.ts'

const words = settings.revocation

export const RevokeTokenModal = ({
  token: { tokenId, name },
  onClose,
}: {
  token: TokenView
  onClose: () => void
}) => {
  const { tell } = useNotices()
  const revoke = useDeed('revokeToken', {
    onDone: () => {
      tell({ type: 'success', content: words.done(name) })
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
      onConfirm={() => revoke.mutate({ params: { tokenId } })}
      onCancel={onClose}
    >
      {words.what}
    </ConfirmByName>
  )
}
