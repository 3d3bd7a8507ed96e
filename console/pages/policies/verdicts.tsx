import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import Table, { type TableProps } from '@cloudscape-design/components/table'
import TextFilter from '@cloudscape-design/components/text-filter'
import { useState } from 'react'
import type { PreviewPolicyReply, VmVerdict } from '#core/contracts/policies-api.ts'
import { PageNumbers } from '../../components/pager.tsx'
import { vmNameText } from '../../components/vm-name.ts'
import { Words } from '../../components/words.tsx'
import { verdicts as words } from '../../text/policies.ts'

const PAGE = 10

const whyOf = ({ why, alsoBy, chosen, excludedDisks }: VmVerdict): string =>
  [
    why,
    ...(alsoBy.length > 0 ? [words.alsoBy(alsoBy, chosen)] : []),
    ...(excludedDisks.length > 0 ? [words.without(excludedDisks)] : []),
  ].join(' ')

const COLUMNS: TableProps.ColumnDefinition<VmVerdict>[] = [
  {
    ...{ id: 'name', header: words.vm, minWidth: 130, isRowHeader: true },
    cell: ({ vmName, vmUuid }) => <Words>{vmNameText(vmName, vmUuid)}</Words>,
  },
  {
    id: 'pool',
    header: words.pool,
    minWidth: 120,
    cell: ({ poolName }) => <Words>{poolName}</Words>,
  },
  {
    ...{ id: 'verdict', header: words.verdict, minWidth: 120 },
    cell: ({ chosen }) =>
      chosen ? (
        <StatusIndicator type="success">{words.taken}</StatusIndicator>
      ) : (
        <StatusIndicator type="stopped">{words.leftOut}</StatusIndicator>
      ),
  },
  { id: 'why', header: words.why, minWidth: 220, cell: verdict => <Words>{whyOf(verdict)}</Words> },
]

/** Which VMs a policy takes as the inventory stands, which not, and why each. */
export const Verdicts = ({
  preview: { vms, chosen, leftOut },
}: {
  preview: Pick<PreviewPolicyReply, 'vms' | 'chosen' | 'leftOut'>
}) => {
  const [filter, setFilter] = useState('')
  const [page, setPage] = useState(1)
  const folded = filter.trim().toLowerCase()
  const found = vms.filter(({ vmName }) => vmName.toLowerCase().includes(folded))
  const pages = Math.max(1, Math.ceil(found.length / PAGE))
  const at = Math.min(page, pages)
  const all = chosen + leftOut
  return (
    <Table
      variant="embedded"
      items={found.slice((at - 1) * PAGE, at * PAGE)}
      columnDefinitions={COLUMNS}
      trackBy={({ vmUuid, poolName }) => `${vmUuid}/${poolName}`}
      wrapLines
      cellVerticalAlign="top"
      firstIndex={1}
      renderAriaLive={() => words.title(chosen, all)}
      header={
        <Header
          variant="h3"
          {...(vms.length < all && { description: words.shown(vms.length, all) })}
        >
          {words.title(chosen, all)}
        </Header>
      }
      filter={
        vms.length > PAGE ? (
          <TextFilter
            filteringText={filter}
            filteringPlaceholder={words.find}
            filteringAriaLabel={words.find}
            onChange={({ detail }) => setFilter(detail.filteringText)}
          />
        ) : undefined
      }
      empty={<Box color="text-body-secondary">{all === 0 ? words.none : words.noMatch}</Box>}
      pagination={<PageNumbers page={at} pages={pages} go={setPage} />}
    />
  )
}
