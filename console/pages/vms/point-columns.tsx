import Box from '@cloudscape-design/components/box'
import type { TableProps } from '@cloudscape-design/components/table'
import type { ReactNode } from 'react'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { PageLink } from '../../components/page-link.tsx'
import { Sign } from '../../components/sign.tsx'
import { sizeText } from '../../components/size.ts'
import { Time, useTimeText } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { vm, points as words } from '../../text/vm.ts'
import { vms } from '../../text/vms.ts'
import { LockSign } from './lock-sign.tsx'
import { PointActions, type PointDeed } from './point-actions.tsx'
import { PointHealth } from './point-health.tsx'
import { kindOf, reasonsOf } from './point-reading.ts'

const Small = ({ children }: { children: ReactNode }) => (
  <Box color="text-body-secondary" fontSize="body-s">
    <Words>{children}</Words>
  </Box>
)

const Taken = ({ point }: { point: ListedPoint }) => (
  <>
    <Time at={point.taken} />
    <Small>
      {words.consistency[point.consistency]}
      {point.weakerBecause && `. ${point.weakerBecause}`}
    </Small>
    {point.unusual && <Change unusual={point.unusual} />}
    <PageLink
      to={`/restore?point=${point.pointId}`}
      label={`${words.restore} ${useTimeText()(point.taken)}`}
    >
      {words.restore}
    </PageLink>
  </>
)

const Change = ({ unusual }: { unusual: NonNullable<ListedPoint['unusual']> }) => {
  const { suspicious, acknowledged } = unusual
  if (acknowledged)
    return (
      <>
        <Sign type="info">{vm.acknowledging.explained}</Sign>
        <Small>{vm.acknowledging.saidBy(acknowledged.by, acknowledged.because)}</Small>
      </>
    )
  return (
    <Sign type={suspicious ? 'error' : 'warning'}>{suspicious ? vms.suspicious : vms.unusual}</Sign>
  )
}

const Reading = ({ point }: { point: ListedPoint }) => (
  <>
    {words.kinds[kindOf(point)]}
    {[...reasonsOf(point), ...(point.unusual ? [point.unusual.text] : [])].map(reason => (
      <Small key={reason}>{reason}</Small>
    ))}
  </>
)

const Sizes = ({ point: { bytesRead, bytesNew, bytesStored } }: { point: ListedPoint }) => (
  <>
    <div>{words.read(sizeText(bytesRead))}</div>
    <div>{words.fresh(sizeText(bytesNew))}</div>
    <div>{words.stored(sizeText(bytesStored))}</div>
  </>
)

const Kept = ({ point: { lock, held } }: { point: ListedPoint }) => (
  <>
    <LockSign lock={lock} />
    {held !== undefined && <Small>{held}</Small>}
  </>
)

/** @param isHeld whether the point has a hold of its own */
export const pointColumns = ({
  ask,
  isHeld,
}: {
  ask: (deed: PointDeed, point: ListedPoint) => void
  isHeld: (point: ListedPoint) => boolean
}): TableProps.ColumnDefinition<ListedPoint>[] => [
  {
    id: 'taken',
    header: words.taken,
    cell: point => <Taken point={point} />,
    isRowHeader: true,
    minWidth: 160,
  },
  { id: 'reading', header: words.reading, cell: point => <Reading point={point} />, minWidth: 160 },
  { id: 'sizes', header: words.sizes, cell: point => <Sizes point={point} />, minWidth: 130 },
  { id: 'kept', header: words.kept, cell: point => <Kept point={point} />, minWidth: 120 },
  { id: 'good', header: words.good, cell: point => <PointHealth point={point} />, minWidth: 150 },
  {
    id: 'actions',
    header: words.actions,
    cell: point => <PointActions point={point} isHeld={isHeld(point)} ask={ask} />,
  },
]
