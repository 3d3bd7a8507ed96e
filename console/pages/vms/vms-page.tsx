import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { useLocation } from 'wouter'
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
/** As an address takes; more are better chosen by tag or name than one by one. */
const MOST_PROTECTED = 100

export const Page = () => {
  const [, go] = useLocation()
  const may = useMay()
  const { filter, change, clear, active } = useVmFilter()
  const [chosen, choose] = useState<readonly VmView[]>([])
  const [asking, setAsking] = useState(false)
  const pages = usePages('listVms', queryOf(filter), { every: LIVE.vms })
  const close = () => setAsking(false)
  const protect = () => go(`/policies/new?vms=${chosen.map(({ uuid }) => uuid).join(',')}`)
  /** What is done to those that were chosen takes some, and not too many. */
  const few = (most: number) => ({
    ...(chosen.length === 0 && { disabled: true, disabledReason: words.chooseFirst }),
    ...(chosen.length > most && { disabled: true, disabledReason: words.tooMany(most) }),
  })
  return (
    <>
      <Listing
        title={words.title}
        columns={columns}
        idOf={vm => `${vm.poolUuid}/${vm.uuid}`}
        pages={pages}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button {...few(MOST_PROTECTED)} {...may('createPolicy')} onClick={protect}>
              {words.protect(chosen.length)}
            </Button>
            <Button {...few(MOST)} {...may('startRun')} onClick={() => setAsking(true)}>
              {words.chosen(chosen.length)}
            </Button>
          </SpaceBetween>
        }
        filter={{ active, clear, controls: <FilterBar filter={filter} change={change} /> }}
        empty={{ title: words.empty, advice: words.emptyAdvice }}
        selection={{ chosen, choose, labelOf: vm => words.choose(nameOf(vm)) }}
      />
      {asking && <BackUpModal vms={chosen} onClose={close} onStarted={() => choose([])} />}
    </>
  )
}
