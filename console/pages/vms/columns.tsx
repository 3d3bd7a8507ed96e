import type { TableProps } from '@cloudscape-design/components/table'
import type { VmView } from '#core/contracts/vms-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Sign } from '../../components/sign.tsx'
import { sizeText } from '../../components/size.ts'
import { Ago } from '../../components/time.tsx'
import { vmNameText } from '../../components/vm-name.ts'
import { Words } from '../../components/words.tsx'
import { vms as words } from '../../text/vms.ts'
import { LockSign } from './lock-sign.tsx'

export const nameOf = ({ name, uuid }: Pick<VmView, 'name' | 'uuid'>): string =>
  vmNameText(name, uuid)

const Protection = ({ vm: { policies = [], standby, discarded } }: { vm: VmView }) => {
  if (standby) return <Sign type="info">{words.standby}</Sign>
  if (discarded) return <Sign type="info">{words.pooled}</Sign>
  if (policies.length === 0) return <Sign type="warning">{words.noPolicy}</Sign>
  return <Words>{policies.map(({ name }) => name).join(', ')}</Words>
}

const Change = ({ vm: { unusual } }: { vm: VmView }) => {
  if (!unusual) return '–'
  return (
    <Sign type={unusual.suspicious ? 'error' : 'warning'}>
      {unusual.suspicious ? words.suspicious : words.unusual}, <Ago at={unusual.taken} />
    </Sign>
  )
}

export const columns: TableProps.ColumnDefinition<VmView>[] = [
  {
    id: 'name',
    header: words.name,
    cell: vm => <PageLink to={`/vms/${vm.uuid}`}>{nameOf(vm)}</PageLink>,
    isRowHeader: true,
    minWidth: 140,
  },
  {
    id: 'pool',
    header: words.pool,
    cell: vm => <Words>{vm.poolName || vm.poolUuid}</Words>,
    minWidth: 125,
  },
  { id: 'state', header: words.powerState, cell: vm => vm.powerState },
  {
    id: 'policies',
    header: words.policies,
    cell: vm => <Protection vm={vm} />,
    minWidth: 170,
  },
  {
    id: 'lastPoint',
    header: words.lastPoint,
    minWidth: 120,
    cell: ({ lastPoint }) => (lastPoint === undefined ? words.never : <Ago at={lastPoint} />),
  },
  {
    id: 'lock',
    header: words.lock,
    cell: ({ lastPoint, lastLock }) =>
      lastPoint === undefined ? '–' : <LockSign lock={lastLock} />,
  },
  { id: 'change', header: words.change, cell: vm => <Change vm={vm} />, minWidth: 110 },
  { id: 'size', header: words.size, cell: vm => sizeText(vm.size), minWidth: 90 },
]
