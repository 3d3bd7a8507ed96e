import Button from '@cloudscape-design/components/button'
import { useState } from 'react'
import type { VmView } from '#core/contracts/vms-api.ts'
import { useMay } from '../../api/may.ts'
import { LIVE } from '../../api/use-call.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { vms as words } from '../../text/vms.ts'
import { BackUpModal } from './back-up-modal.tsx'
import { columns, nameOf } from './columns.tsx'
import { FilterBar } from './filter-bar.tsx'
import { queryOf, useVmFilter } from './vm-filter.ts'

/** As one call takes (core/runs/limits.ts). */
const MOST = 2_000

export const Page = () => {
  const may = useMay()('startRun')
  const { filter, change, clear, active } = useVmFilter()
  const [chosen, choose] = useState<readonly VmView[]>([])
  const [asking, setAsking] = useState(false)
  const pages = usePages('listVms', queryOf(filter), { every: LIVE.vms })
  const close = () => setAsking(false)
  return (
    <>
      <Listing
        title={words.title}
        columns={columns}
        idOf={vm => `${vm.poolUuid}/${vm.uuid}`}
        pages={pages}
        actions={
          <Button
            {...(chosen.length === 0 && { disabled: true, disabledReason: words.chooseFirst })}
            {...(chosen.length > MOST && { disabled: true, disabledReason: words.tooMany(MOST) })}
            {...may}
            onClick={() => setAsking(true)}
          >
            {words.chosen(chosen.length)}
          </Button>
        }
        filter={{ active, clear, controls: <FilterBar filter={filter} change={change} /> }}
        empty={{ title: words.empty, advice: words.emptyAdvice }}
        selection={{ chosen, choose, labelOf: vm => words.choose(nameOf(vm)) }}
      />
      {asking && <BackUpModal vms={chosen} onClose={close} onStarted={() => choose([])} />}
    </>
  )
}
