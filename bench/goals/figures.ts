import type { Round, Step } from '../contestants/contestant.ts'
import type { Images } from '../image/images.ts'
import { median } from '../statistics.ts'

const MiB = 1024 * 1024
const BLOCK = 64 * 1024

/** Everything that was measured. */
export interface Results {
  images: Images
  ours: Round[]
  /** empty where restic was left out */
  restic: Round[]
  /** bytes of the repository after both backups at zstd level 3 */
  level3: number
}

/** One line of the table: what it is called, ours and theirs in a unit, the ratio and what it should be. */
export interface Figure {
  name: string
  unit: string
  digits: number
  ours: number[]
  restic: number[]
  /** `least`: ratio at least so much; `most`: at most. Without a ratio, of ours itself. */
  goal?: { kind: 'least' | 'most'; must: number; aim: number; of: 'ratio' | 'ours' }
}

const seconds = (rounds: Round[], step: Step) =>
  rounds.map(({ measured }) => measured[step].seconds)
const rate = (rounds: Round[], step: Step, bytes: number) =>
  seconds(rounds, step).map(wall => bytes / 1e6 / wall)

/**
 * The median of the rounds' own ratios: both contestants of a round ran in the same minutes, and a machine whose host has other work is a
 * third slower from one round to the next. Where not every round has both, the ratio of the medians.
 */
export const ratioOf = ({ ours, restic }: Figure): number | undefined => {
  if (ours.length === 0 || restic.length === 0) return undefined
  return ours.length === restic.length
    ? median(ours.map((value, round) => value / (restic[round] as number)))
    : median(ours) / median(restic)
}

/** The goals of docs/performance.md. */
export const figures = ({ images, ours, restic, level3 }: Results): Figure[] => {
  const { size, changes } = images
  const ratio = (kind: 'least' | 'most', must: number, aim: number) =>
    ({ kind, must, aim, of: 'ratio' }) as const
  const atMost = (must: number, aim: number) => ({ kind: 'most', must, aim, of: 'ours' }) as const
  const both = (pick: (rounds: Round[]) => number[]) => ({ ours: pick(ours), restic: pick(restic) })
  const rateLine = (name: string, step: Step, must: number, aim: number): Figure => ({
    ...{ name, unit: 'MB/s', digits: 0, goal: ratio('least', must, aim) },
    ...both(rounds => rate(rounds, step, size)),
  })
  const increments = ours.flatMap(({ told }) => told?.increment ?? [])
  const stored = both(rounds => rounds.map(round => round.stored.increment / MiB))
  return [
    rateLine('full backup', 'full', 2.8, 4),
    {
      ...{ name: 'full backup, CPU', unit: 's', digits: 1, goal: ratio('most', 0.42, 0.33) },
      ...both(rounds => rounds.map(({ measured }) => measured.full.cpuSeconds)),
    },
    {
      ...{ name: 'increment, wall', unit: 's', digits: 2, goal: ratio('most', 0.22, 0.15) },
      ...both(rounds => seconds(rounds, 'increment')),
    },
    {
      ...{ name: 'increment, read / changed', unit: 'x', digits: 2, goal: atMost(2, 1.6) },
      ours: increments.map(({ bytesRead }) => bytesRead / (changes.blocks * BLOCK)),
      restic: restic.map(() => size / (changes.blocks * BLOCK)),
    },
    rateLine('restore, decoded to null', 'decode', 1.5, 2.2),
    rateLine('restore to a file', 'restore', 1, 1.4),
    rateLine('full verification', 'verify', 1.1, 1.6),
    {
      ...{ name: 'repository, level 1', unit: 'MiB', digits: 0, goal: ratio('most', 1.07, 1.05) },
      ...stored,
    },
    {
      ...{ name: 'repository, level 3', unit: 'MiB', digits: 0, goal: ratio('most', 1.03, 1) },
      ours: [level3 / MiB],
      restic: stored.restic,
    },
    {
      ...{ name: 'peak RSS, all steps', unit: 'MiB', digits: 0, goal: atMost(320, 250) },
      ...both(rounds =>
        rounds.map(({ measured }) =>
          Math.max(...Object.values(measured).map(({ peakRss }) => peakRss / MiB)),
        ),
      ),
    },
    {
      ...{ name: 'PUTs of the full backup / allowed', unit: 'x', digits: 2, goal: atMost(1, 1) },
      ours: ours.flatMap(({ told }) => (told ? [told.full.puts / allowedPuts(told.full)] : [])),
      restic: [],
    },
  ]
}

/** 1.1 for every 32 MiB stored, 4 for the disk, 2 for the VM. */
const allowedPuts = ({ bytesStored }: { bytesStored: number }): number =>
  (1.1 * bytesStored) / (32 * MiB) + 4 + 2
