import ButtonDropdown from '@cloudscape-design/components/button-dropdown'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import { useMay } from '../../api/may.ts'
import { useDeed } from '../../api/use-call.ts'
import { useNotices } from '../../components/notices.tsx'
import { gateways as words } from '../../text/gateways.ts'

export const GatewayActions = ({
  gateway,
  ask,
  variant = 'inline-icon',
}: {
  gateway: GatewayView
  variant?: 'inline-icon' | 'normal'
  ask: (what: 'rename' | 'revoke', gateway: GatewayView) => void
}) => {
  const may = useMay()
  const { tell, tellProblem } = useNotices()
  const set = useDeed('setGateway')
  const rotate = useDeed('askNewKey', {
    onDone: () => tell({ type: 'success', content: words.keyAsked(gateway.name) }),
  })
  const work = gateway.maintenance ? words.letNot : words.let
  return (
    <ButtonDropdown
      variant={variant}
      ariaLabel={words.actionsFor(gateway.name)}
      loading={set.isPending || rotate.isPending}
      items={[
        { id: 'rename', text: words.rename, ...may('renameGateway') },
        { id: 'work', text: work, ...may('setGateway') },
        { id: 'rotate-key', text: words.rotateKey, ...may('askNewKey') },
        { id: 'revoke', text: words.revoke, ...may('revokeGateway') },
      ]}
      onItemClick={({ detail: { id } }) => {
        if (id === 'rename' || id === 'revoke') ask(id, gateway)
        else if (id === 'rotate-key')
          rotate.mutate(
            { params: { gatewayId: gateway.gatewayId }, body: {} },
            { onError: error => tellProblem(words.rotateKey, error) },
          )
        else
          set.mutate(
            {
              params: { gatewayId: gateway.gatewayId },
              body: { maintenance: !gateway.maintenance },
            },
            { onError: error => tellProblem(work, error) },
          )
      }}
    >
      {variant === 'normal' && words.actions}
    </ButtonDropdown>
  )
}
