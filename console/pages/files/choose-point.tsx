import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { TableProps } from '@cloudscape-design/components/table'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { Listing } from '../../components/listing.tsx'
import { PageLink } from '../../components/page-link.tsx'
import { sizeText } from '../../components/size.ts'
import { Time, useTimeText } from '../../components/time.tsx'
import { VmSearch } from '../../components/vm-search.tsx'
import { files } from '../../text/files.ts'
import { restore } from '../../text/restore.ts'
import { addressOf } from './place.ts'
import { disksOf } from './point.ts'

const words = files.points

const Open = ({ point }: { point: ListedPoint }) => {
  const text = useTimeText()
  const { pointId, vmName, taken } = point
  if (disksOf(point).length === 0) return words.noDisks
  return (
    <PageLink to={addressOf(pointId, { path: '/' })} label={words.openOf(vmName, text(taken))}>
      {words.open}
    </PageLink>
  )
}

const disksText = (point: ListedPoint): string => {
  const disks = disksOf(point)
  return words.disksOf(disks.length, sizeText(disks.reduce((sum, { size }) => sum + size, 0)))
}

const COLUMNS: TableProps.ColumnDefinition<ListedPoint>[] = [
  { id: 'vm', header: words.vm, cell: ({ vmName }) => vmName, minWidth: 140 },
  {
    id: 'taken',
    header: words.taken,
    cell: ({ taken }) => <Time at={taken} />,
    isRowHeader: true,
    minWidth: 150,
  },
  {
    id: 'consistency',
    header: words.consistency,
    cell: ({ consistency }) => restore.consistencies[consistency],
    minWidth: 150,
  },
  { id: 'disks', header: words.disks, cell: disksText, minWidth: 120 },
  { id: 'open', header: words.open, cell: point => <Open point={point} />, minWidth: 130 },
]

/** Which point to look into: of a virtual machine, or the newest of all. */
export const ChoosePoint = ({
  vm,
  onVm,
}: {
  vm: string | undefined
  onVm: (vm: string | undefined) => void
}) => {
  const pages = usePages('listPoints', vm === undefined ? {} : { vm }, { limit: PAGE })
  return (
    <SpaceBetween size="l">
      <Header variant="h1" description={files.description}>
        {files.title}
      </Header>
      <VmSearch initial={vm ?? ''} onChoose={onVm} />
      <Listing
        title={words.title}
        heading="section"
        description={words.description}
        columns={COLUMNS}
        idOf={({ pointId }) => pointId}
        pages={pages}
        empty={{ title: words.empty, advice: words.emptyAdvice }}
      />
    </SpaceBetween>
  )
}

const PAGE = 20
