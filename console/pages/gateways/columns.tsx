import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Ago, Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { gateways as words } from '../../text/gateways.ts'
import { GatewayActions } from './gateway-actions.tsx'

export const Health = ({ gateway: { problems } }: { gateway: GatewayView }) => {
  if (problems === undefined) return words.notTold
  if (problems.length === 0)
    return <StatusIndicator type="success">{words.healthy}</StatusIndicator>
  return problems.map(problem => (
    <div key={problem}>
      <StatusIndicator type="error">{words.unhealthy}</StatusIndicator>
      <div>{problem}</div>
    </div>
  ))
}

export const Key = ({ gateway: { keySince, newKeyAsked } }: { gateway: GatewayView }) => (
  <>
    {keySince !== undefined && <Ago at={keySince} />}
    {newKeyAsked !== undefined && (
      <div>
        <StatusIndicator type="pending">{words.newKeyAsked}</StatusIndicator>
      </div>
    )}
  </>
)

/** @param ask opens what asks for more before it is done */
export const columnsWith = (
  ask: (what: 'rename' | 'revoke', gateway: GatewayView) => void,
): TableProps.ColumnDefinition<GatewayView>[] => [
  {
    id: 'name',
    header: words.name,
    minWidth: 130,
    cell: ({ gatewayId, name }) => <PageLink to={`/gateways/${gatewayId}`}>{name}</PageLink>,
    isRowHeader: true,
  },
  {
    id: 'health',
    header: words.health,
    minWidth: 120,
    cell: gateway => <Health gateway={gateway} />,
  },
  {
    id: 'version',
    header: words.version,
    cell: ({ version }) => version ?? words.versionNotTold,
  },
  {
    id: 'pools',
    header: words.pools,
    minWidth: 130,
    cell: ({ pools }) => (
      <Words>{pools.map(({ name, uuid }) => name || uuid).join(', ') || words.noPool}</Words>
    ),
  },
  {
    id: 'lastSeen',
    header: words.lastSeen,
    cell: ({ lastSeen }) => (lastSeen === undefined ? words.neverSeen : <Ago at={lastSeen} />),
  },
  {
    id: 'enrolled',
    header: words.enrolled,
    minWidth: 130,
    cell: ({ enrolled }) => <Time at={enrolled} />,
  },
  {
    id: 'key',
    header: words.keySince,
    cell: gateway => <Key gateway={gateway} />,
  },
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
