import type { PointSummary, UnusualChange } from '../contracts/points.ts'

/** What is remembered of an unusual point with its VM. */
export type MarkedChange = UnusualChange & { pointId: string; taken: number }

/** Change without signs of encryption is shown with its VM for so long, in ms; with them until somebody says why. */
const SHOWN_MS = 30 * 86_400_000

/** Whether somebody should still look at it. */
export const isOpenChange = (
  change: MarkedChange | undefined,
  now: number,
): change is MarkedChange =>
  change !== undefined &&
  change.acknowledged === undefined &&
  (change.suspicious || now - change.taken <= SHOWN_MS)

/** Signs of encryption before other change, either before what somebody explained; of equals the newest. */
const rankOf = ({ acknowledged, suspicious }: UnusualChange): number =>
  acknowledged ? 0 : suspicious ? 2 : 1

/** Which of two is shown with the VM. */
export const foremost = (
  a: MarkedChange | undefined,
  b: MarkedChange | undefined,
): MarkedChange | undefined => {
  if (!a || !b) return a ?? b
  const [ofA, ofB] = [rankOf(a), rankOf(b)]
  return ofA > ofB || (ofA === ofB && a.pointId > b.pointId) ? a : b
}

type Judged = Pick<PointSummary, 'pointId' | 'taken' | 'unusual'>

/** The change of all points of a VM that is shown with it. */
export const foremostOf = (points: readonly Judged[]): MarkedChange | undefined =>
  points.reduce<MarkedChange | undefined>(
    (best, { pointId, taken, unusual }) =>
      unusual ? foremost(best, { ...unusual, pointId, taken }) : best,
    undefined,
  )

type Kept = Pick<PointSummary, 'pointId' | 'taken' | 'unusual' | 'vanished' | 'damaged'>

/**
 * The two points that matter while nobody has said why a VM shows signs of encryption: the oldest that does, and the newest good one from before it. Of several
 * findings the oldest counts, since what is behind it may be encrypted, too.
 * @param points of one VM: all, of whichever policy
 */
export const unexplained = <T extends Kept>(
  points: readonly T[],
): { shows: T; before?: T } | undefined => {
  const inOrder = points
    .filter(({ vanished }) => vanished === undefined)
    .sort((a, b) => (a.pointId < b.pointId ? -1 : 1))
  const at = inOrder.findIndex(({ unusual }) => unusual?.suspicious && !unusual.acknowledged)
  const shows = inOrder[at]
  if (!shows) return undefined
  const before = inOrder
    .slice(0, at)
    .findLast(({ unusual, damaged }) => !damaged && (!unusual || unusual.acknowledged))
  return { shows, ...(before && { before }) }
}

/** Why retention leaves these two, each by its id. */
export const keptForChange = (points: readonly Kept[]): Map<string, string> => {
  const { shows, before } = unexplained(points) ?? {}
  return new Map([
    ...(shows ? [[shows.pointId, SHOWS] as const] : []),
    ...(before ? [[before.pointId, BEFORE] as const] : []),
  ])
}

const SHOWS = 'It shows signs of encryption, and nobody has said yet why.'
const BEFORE =
  'It is the newest from before signs of encryption that nobody has explained yet: perhaps the last whole one.'
