import type { TableProps } from '@cloudscape-design/components/table'
import { isGoodBoot } from '#core/contracts/boot-check.ts'
import type { ListedPoint } from '#core/contracts/runs-api.ts'
import { Sign } from '../../components/sign.tsx'
import { sizeText } from '../../components/size.ts'
import { Time } from '../../components/time.tsx'
import { Words } from '../../components/words.tsx'
import { restore } from '../../text/restore.ts'

const words = restore.point

const READ_BACK = {
  whole: 'success',
  overdue: 'warning',
  'not-due': 'pending',
  'not-told': 'pending',
} as const

const ReadBack = ({ point: { readBack, damaged, vanished } }: { point: ListedPoint }) => {
  if (vanished !== undefined) return <Sign type="error">{words.vanished}</Sign>
  if (damaged) return <Sign type="error">{words.damaged}</Sign>
  if (!readBack) return <Sign type="pending">{words.notReadBack}</Sign>
  return <Sign type={READ_BACK[readBack.state]}>{readBack.text}</Sign>
}

const Boot = ({ point: { bootCheck } }: { point: ListedPoint }) =>
  bootCheck ? (
    <Sign type={isGoodBoot(bootCheck) ? 'success' : 'error'}>
      {restore.verdicts[bootCheck.verdict]}
    </Sign>
  ) : (
    words.notBooted
  )

const Lock = ({ point: { lock, held } }: { point: ListedPoint }) => {
  if (held !== undefined) return held
  if (!lock) return words.notLocked
  return (
    <>
      {words.lockUntil(lock.mode)} <Time at={lock.until} />
    </>
  )
}

const SECOND = {
  restorable: 'success',
  incomplete: 'warning',
  absent: 'warning',
  'never-compared': 'pending',
} as const

const Second = ({ point: { replicated } }: { point: ListedPoint }) =>
  replicated ? (
    <Sign type={SECOND[replicated.state]}>
      {replicated.place}: {restore.replicated[replicated.state]}
    </Sign>
  ) : (
    words.noSecond
  )

const sizeOf = ({ disks, contents = disks }: ListedPoint): string =>
  `${contents.length}, ${sizeText(contents.reduce((sum, { size }) => sum + size, 0))}`

/** What there is to know of a point before one restores it; few columns, since the steps of the wizard stand beside them. */
export const POINT_COLUMNS: TableProps.ColumnDefinition<ListedPoint>[] = [
  {
    id: 'taken',
    header: words.taken,
    cell: ({ taken, vmName }) => (
      <>
        <div>
          <Time at={taken} />
        </div>
        <Words>{vmName}</Words>
      </>
    ),
    isRowHeader: true,
    minWidth: 150,
  },
  {
    id: 'consistency',
    header: words.consistency,
    cell: point => (
      <>
        <div>{restore.consistencies[point.consistency]}</div>
        <div>{words.disksOf(sizeOf(point))}</div>
      </>
    ),
    minWidth: 135,
  },
  {
    id: 'proof',
    header: words.proof,
    cell: point => (
      <>
        <div>
          <ReadBack point={point} />
        </div>
        <div>
          <Boot point={point} />
        </div>
      </>
    ),
    minWidth: 150,
  },
  {
    id: 'kept',
    header: words.kept,
    cell: point => (
      <>
        <div>
          <Lock point={point} />
        </div>
        <div>
          <Second point={point} />
        </div>
      </>
    ),
    minWidth: 130,
  },
]
