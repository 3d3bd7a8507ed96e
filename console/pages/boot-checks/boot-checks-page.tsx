import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import {
  BootProof,
  type ListBootChecksReply,
  type VmBootCheck,
} from '#core/contracts/boot-checks-api.ts'
import { useMay } from '../../api/may.ts'
import { LIVE, useCall } from '../../api/use-call.ts'
import { usePages } from '../../api/use-pages.ts'
import { StartBootCheck } from '../../components/boot-check/start-boot-check.tsx'
import { Listing } from '../../components/listing.tsx'
import { bootChecks as words } from '../../text/boot-checks.ts'
import { COLUMNS, nameOf } from './columns.tsx'
import { Filters, isNarrowed, queryOf, useWanted } from './filters.tsx'

/** As one call takes (core/runs/limits.ts). */
const MOST = 2_000

/** Of each virtual machine what is proven. */
export const Page = () => {
  const may = useMay()('startRun')
  const { wanted, want, clear } = useWanted()
  const query = queryOf(wanted)
  const pages = usePages('listBootChecks', query, { every: LIVE.vms })
  const [chosen, choose] = useState<readonly VmBootCheck[]>([])
  const [asking, ask] = useState<'chosen' | 'all'>()
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <Button {...may} onClick={() => ask('all')}>
        {words.checkAll}
      </Button>
      <Button
        variant="primary"
        {...(chosen.length === 0 && { disabled: true, disabledReason: words.chooseFirst })}
        {...(chosen.length > MOST && { disabled: true, disabledReason: words.tooMany(MOST) })}
        {...may}
        onClick={() => ask('chosen')}
      >
        {words.chosen(chosen.length)}
      </Button>
    </SpaceBetween>
  )
  return (
    <>
      <Listing
        title={words.title}
        description={<Summary query={query} />}
        actions={actions}
        columns={COLUMNS}
        idOf={({ vmUuid }) => vmUuid}
        pages={pages}
        filter={{
          controls: <Filters wanted={wanted} want={want} />,
          active: isNarrowed(wanted),
          clear,
        }}
        empty={{ title: words.empty, advice: words.emptyAdvice }}
        selection={{ chosen, choose, labelOf: vm => words.choose(nameOf(vm)) }}
      />
      {asking && (
        <StartBootCheck
          {...(asking === 'chosen' && {
            points: chosen.map(vm => ({ pointId: vm.newest.pointId, vmName: nameOf(vm) })),
          })}
          onClose={() => ask(undefined)}
          onStarted={() => choose([])}
        />
      )}
    </>
  )
}

/** How many there are of each, whatever is shown of them. */
const Summary = ({ query }: { query: ReturnType<typeof queryOf> }) => {
  const { proof: _, sort: __, ...narrowed } = query
  const { data } = useCall(
    'listBootChecks',
    { query: { ...narrowed, limit: 1 } },
    { every: LIVE.vms },
  )
  return (
    <>
      {words.description} {data && countsText(data.counts)}
    </>
  )
}

const countsText = (counts: ListBootChecksReply['counts']): string => {
  const told = BootProof.options.flatMap(proof =>
    counts[proof] > 0 ? [words.counts[proof](counts[proof])] : [],
  )
  return told.length === 0 ? '' : `${told.join(', ')}.`
}
