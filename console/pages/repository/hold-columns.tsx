import Button from '@cloudscape-design/components/button'
import type { TableProps } from '@cloudscape-design/components/table'
import type { HoldView } from '#core/contracts/holds-api.ts'
import type { useMay } from '../../api/may.ts'
import { Ago, Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { repository } from '../../text/repository.ts'
import { heldName } from './held-text.ts'

const words = repository.holds

export const columnsWith = (
  may: ReturnType<typeof useMay>,
  release: (hold: HoldView) => void,
): TableProps.ColumnDefinition<HoldView>[] => [
  {
    id: 'what',
    header: words.what,
    isRowHeader: true,
    minWidth: 160,
    cell: hold => (
      <Words>{`${heldName(hold)}: ${hold.pointId === undefined ? words.vm : words.point}`}</Words>
    ),
  },
  { id: 'reason', header: words.reason, cell: hold => <Words>{hold.reason}</Words>, minWidth: 200 },
  { id: 'by', header: words.by, cell: hold => <Words>{hold.by}</Words> },
  { id: 'since', header: words.since, cell: hold => <Ago at={hold.at} /> },
  {
    id: 'until',
    header: words.until,
    cell: ({ until }) => (until === undefined ? words.open : <Time at={until} />),
  },
  { id: 'lock', header: words.lock, cell: lockText },
  {
    id: 'actions',
    header: words.actions,
    minWidth: 110,
    cell: hold => (
      <Button
        {...may('releaseHold')}
        variant="inline-link"
        ariaLabel={words.releaseOf(heldName(hold))}
        onClick={() => release(hold)}
      >
        {words.release}
      </Button>
    ),
  },
]

function lockText({ lock }: HoldView): string {
  if (!lock) return '–'
  const counts =
    lock.points > 0
      ? ` (${words.locked(lock.locked.toLocaleString('en'), lock.points.toLocaleString('en'))})`
      : ''
  return `${words.states[lock.state]}${counts}${lock.because === undefined ? '' : `: ${lock.because}`}`
}
