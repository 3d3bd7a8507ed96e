import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import type { VmView } from '#core/contracts/vms-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { sizeText } from '../../components/size.ts'
import { Ago } from '../../components/time.tsx'
import { vms as words } from '../../text/vms.ts'
import { LockSign } from './lock-sign.tsx'

export const nameOf = ({ name, uuid }: Pick<VmView, 'name' | 'uuid'>): string =>
  name.trim() === '' ? words.unnamed(uuid) : name

const Protection = ({ vm: { policies = [], standby } }: { vm: VmView }) => {
  if (standby) return <StatusIndicator type="info">{words.standby}</StatusIndicator>
  if (policies.length === 0)
    return <StatusIndicator type="warning">{words.noPolicy}</StatusIndicator>
  return policies.map(({ name }) => name).join(', ')
}

const Change = ({ vm: { unusual } }: { vm: VmView }) => {
  if (!unusual) return '–'
  return (
    <StatusIndicator type={unusual.suspicious ? 'error' : 'warning'}>
      {unusual.suspicious ? words.suspicious : words.unusual}, <Ago at={unusual.taken} />
    </StatusIndicator>
  )
}

export const columns: TableProps.ColumnDefinition<VmView>[] = [
  {
    id: 'name',
    header: words.name,
    cell: vm => <PageLink to={`/vms/${vm.uuid}`}>{nameOf(vm)}</PageLink>,
    isRowHeader: true,
    minWidth: 180,
  },
  { id: 'pool', header: words.pool, cell: vm => vm.poolName || vm.poolUuid },
  { id: 'state', header: words.powerState, cell: vm => vm.powerState },
  {
    id: 'policies',
    header: words.policies,
    cell: vm => <Protection vm={vm} />,
    minWidth: 190,
  },
  {
    id: 'lastPoint',
    header: words.lastPoint,
    minWidth: 130,
    cell: ({ lastPoint }) => (lastPoint === undefined ? words.never : <Ago at={lastPoint} />),
  },
  {
    id: 'lock',
    header: words.lock,
    cell: ({ lastPoint, lastLock }) =>
      lastPoint === undefined ? '–' : <LockSign lock={lastLock} />,
  },
  { id: 'change', header: words.change, cell: vm => <Change vm={vm} />, minWidth: 150 },
  { id: 'size', header: words.size, cell: vm => sizeText(vm.size), minWidth: 90 },
]
