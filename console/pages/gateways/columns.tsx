import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import { Ago, Time } from '../../components/time.tsx'
import { gateways as words } from '../../text/gateways.ts'
import { GatewayActions } from './gateway-actions.tsx'

const Pools = ({ gateway: { pools, unreachable = [] } }: { gateway: GatewayView }) => (
  <>
    {pools.length === 0 && unreachable.length === 0 && words.noPool}
    {pools.map(({ name, uuid }) => name || uuid).join(', ')}
    {unreachable.map(({ address, problem }) => (
      <StatusIndicator key={address} type="error">
        {words.unreachable(address, problem)}
      </StatusIndicator>
    ))}
  </>
)

/** @param ask opens what asks for more before it is done */
export const columnsWith = (
  ask: (what: 'rename' | 'revoke', gateway: GatewayView) => void,
): TableProps.ColumnDefinition<GatewayView>[] => [
  { id: 'name', header: words.name, cell: gateway => gateway.name, isRowHeader: true },
  { id: 'pools', header: words.pools, cell: gateway => <Pools gateway={gateway} /> },
  {
    id: 'lastSeen',
    header: words.lastSeen,
    cell: ({ lastSeen }) => (lastSeen === undefined ? words.neverSeen : <Ago at={lastSeen} />),
  },
  { id: 'enrolled', header: words.enrolled, cell: ({ enrolled }) => <Time at={enrolled} /> },
  {
    id: 'work',
    header: words.work,
    cell: ({ maintenance }) => (maintenance ? words.does : words.doesNot),
  },
  {
    id: 'actions',
    header: words.actions,
    cell: gateway => <GatewayActions gateway={gateway} ask={ask} />,
  },
]
