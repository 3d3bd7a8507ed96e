import Select from '@cloudscape-design/components/select'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { TableProps } from '@cloudscape-design/components/table'
import { useState } from 'react'
import type { VmView } from '#core/contracts/vms-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { sizeText } from '../../components/size.ts'
import { Ago } from '../../components/time.tsx'
import { vms } from '../../text/vms.ts'

const protection = ({ policies = [], standby }: VmView) => {
  if (standby) return <StatusIndicator type="info">{vms.standby}</StatusIndicator>
  if (policies.length === 0) return <StatusIndicator type="warning">{vms.noPolicy}</StatusIndicator>
  return policies.map(({ name }) => name).join(', ')
}

const COLUMNS: TableProps.ColumnDefinition<VmView>[] = [
  { id: 'name', header: vms.name, cell: vm => vm.name, isRowHeader: true },
  { id: 'pool', header: vms.pool, cell: vm => vm.poolName || vm.poolUuid },
  { id: 'state', header: vms.powerState, cell: vm => vm.powerState },
  { id: 'policies', header: vms.policies, cell: protection },
  {
    id: 'lastPoint',
    header: vms.lastPoint,
    cell: ({ lastPoint }) => (lastPoint === undefined ? vms.never : <Ago at={lastPoint} />),
  },
  { id: 'size', header: vms.size, cell: vm => sizeText(vm.size) },
]

const SHOWN = [
  { value: 'all', label: vms.all },
  { value: 'unprotected', label: vms.unprotected },
]

export const Page = () => {
  const [unprotected, setUnprotected] = useState(false)
  const pages = usePages('listVms', unprotected ? { unprotected: 'true' } : {})
  return (
    <Listing
      title={vms.title}
      columns={COLUMNS}
      idOf={vm => `${vm.poolUuid}/${vm.uuid}`}
      pages={pages}
      filter={{
        active: unprotected,
        clear: () => setUnprotected(false),
        controls: (
          <Select
            inlineLabelText={vms.show}
            selectedOption={SHOWN[unprotected ? 1 : 0] ?? null}
            options={SHOWN}
            onChange={({ detail }) => setUnprotected(detail.selectedOption.value === 'unprotected')}
          />
        ),
      }}
      empty={{ title: vms.empty, advice: vms.emptyAdvice }}
    />
  )
}
