import type { PointDisk, PointSummary, UnusualChange } from '../contracts/points.ts'
import { MEMORY_IMAGE } from '../restore/resume.ts'

/** When something is unusual. One set of numbers for all VMs: each is compared with nothing but its own past. */
export const unusualLimits = {
  /** So many points before it are looked at, and so many of them at least have to be comparable: of fewer nothing is said. */
  history: 14,
  atLeast: 5,
  /** More than so many times the median … */
  times: 5,
  /** … and, so that a quiet VM with its first update is none, at least this share of the disks. */
  share: 0.1,
  /** What was new is stored in so much of its size where it can hardly be compressed (ciphertext: 1.0), … */
  incompressible: 0.9,
  /** … which says something only of a VM whose new data took so much at most, … */
  compressible: 0.75,
  /** … and where this share of the disks is new: a few files of any kind may be incompressible. */
  newShare: 0.01,
  /** So many new bytes at least say how well data of this VM compresses: of fewer, what is stored is mostly the records around it. */
  newBytes: 1024 * 1024,
} as const

type Sign = UnusualChange['signs'][number]

/** What is compared of a point; `undefined`: it cannot say. */
interface Figures {
  /** Share of its disks that was read, where only changes were. */
  changed: number | undefined
  /** Share of its disks that the repository did not know. */
  fresh: number | undefined
  /** Stored size of what was new, by its size. */
  packed: number | undefined
}

/**
 * Whether a recovery point differs from those of its VM before it so much as encryption by ransomware would make it: more changed than usual, more of it new to the
 * repository, and what is new less compressible, each against the median of the VM's own last points. A slow or small encryption stays below that, and a large update
 * may pass for one: it is a reason to look, and never a proof.
 *
 * @param before points of the same VM, newest first
 * @returns nothing where it is as usual, or where there is too little to compare with
 */
export const unusualChange = (
  point: PointSummary,
  before: readonly PointSummary[],
): UnusualChange | undefined => {
  const earlier = before
    .filter(other => isMachine(other) && hasMemory(other) === hasMemory(point))
    .slice(0, unusualLimits.history)
  // A disk that is read for the first time is all new, and says nothing.
  const known = new Set(earlier[0]?.disks.map(({ vdiUuid }) => vdiUuid))
  const isAsBefore = disksOf(point).every(({ vdiUuid }) => known.has(vdiUuid))
  if (!isMachine(point) || !isAsBefore) return undefined
  const now = figuresOf(point)
  const then = earlier.map(figuresOf)
  const usual = (figure: keyof Figures) => medianOf(then.map(figures => figures[figure]))
  const found: { sign: Sign; text: string }[] = []
  const more = (
    sign: Sign,
    value: number | undefined,
    median: number | undefined,
    what: string,
  ) => {
    if (value === undefined || median === undefined) return
    if (value >= unusualLimits.share && value > median * unusualLimits.times)
      found.push({ sign, text: `${share(value)} of its disks ${what} (usually ${share(median)})` })
  }
  more('more-changed', now.changed, usual('changed'), 'changed')
  more('more-new', now.fresh, usual('fresh'), 'was new to the repository')
  const packed = usual('packed')
  if (
    now.packed !== undefined &&
    (now.fresh ?? 0) >= unusualLimits.newShare &&
    packed !== undefined &&
    now.packed >= unusualLimits.incompressible &&
    packed <= unusualLimits.compressible
  )
    found.push({
      sign: 'less-compressible',
      text: `what was new takes ${share(now.packed)} of its size when compressed (usually ${share(packed)})`,
    })
  if (found.length === 0) return undefined
  const signs = found.map(({ sign }) => sign)
  const suspicious = signs.length > 1 && signs.includes('less-compressible')
  return { signs, suspicious, text: wordsFor(found, suspicious) }
}

const wordsFor = (found: readonly { text: string }[], suspicious: boolean): string =>
  `Unusual for this VM: ${found.map(({ text }) => text).join('; ')}. ${
    suspicious
      ? 'Possible ransomware: encryption leaves such figures. So does encrypted or compressed data that somebody put there. Look at the VM before points from before it expire.'
      : 'Updates, moves of data and defragmentation do that, and so can ransomware.'
  }`

const isMachine = ({ kind = 'vm' }: PointSummary): boolean => kind === 'vm'

const isMemory = ({ userdevice }: PointDisk): boolean => userdevice === MEMORY_IMAGE

/** Memory is another one each time. */
const hasMemory = ({ disks }: PointSummary): boolean => disks.some(isMemory)

const disksOf = ({ disks }: PointSummary): PointDisk[] => disks.filter(disk => !isMemory(disk))

const figuresOf = (point: PointSummary): Figures => {
  const disks = disksOf(point)
  const size = sum(disks.map(disk => disk.size))
  const { bytesNew, bytesStored } = point
  if (size === 0) return { changed: undefined, fresh: undefined, packed: undefined }
  return {
    changed: disks.every(({ incremental }) => incremental)
      ? sum(disks.map(({ bytesRead }) => bytesRead)) / size
      : undefined,
    fresh: bytesNew / size,
    packed: bytesNew < unusualLimits.newBytes ? undefined : bytesStored / bytesNew,
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const medianOf = (values: readonly (number | undefined)[]): number | undefined => {
  const sorted = values.filter(value => value !== undefined).sort((a, b) => a - b)
  const { length } = sorted
  if (length < unusualLimits.atLeast) return undefined
  const [low = 0, high = low] = sorted.slice(
    Math.floor((length - 1) / 2),
    Math.floor(length / 2) + 1,
  )
  return (low + high) / 2
}

/** `0.4 %`, `37 %` */
const share = (value: number): string => {
  const percent = value * 100
  return `${percent < 1 && percent > 0 ? Math.max(0.1, percent).toFixed(1) : Math.round(percent)} %`
}
