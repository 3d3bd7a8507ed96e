import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import type { GuestView } from '#core/contracts/guests-api.ts'
import { useMay } from '../../api/may.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { revokeGuest, guestPage as words } from '../../text/guests.ts'

/** What can be done with the agent of a guest. */
export const GuestActions = ({
  guest: { gatewayId, name },
  ask,
}: {
  guest: Pick<GuestView, 'gatewayId' | 'name'>
  ask: (what: 'rename' | 'revoke') => void
}) => {
  const may = useMay()
  const { tell, tellProblem } = useNotices()
  const rotate = useDeed('askNewKey', {
    onDone: () => tell({ type: 'success', content: words.keyAsked(name) }),
  })
  return (
    <ButtonDropdown
      ariaLabel={words.actionsFor(name)}
      loading={rotate.isPending}
      items={[
        { id: 'rename', text: words.rename, ...may('renameGateway') },
        { id: 'rotate-key', text: words.rotateKey, ...may('askNewKey') },
        { id: 'revoke', text: revokeGuest.action, ...may('revokeGateway') },
      ]}
      onItemClick={({ detail: { id } }) => {
        if (id === 'rename' || id === 'revoke') ask(id)
        else
          rotate.mutate(
            { params: { gatewayId }, body: {} },
            { onError: error => tellProblem(words.rotateKey, error) },
          )
      }}
    >
      {words.actions}
    </ButtonDropdown>
  )
}
