import { readable } from '#file-tree/raw-text.ts'
import type { Failure, Outcome } from '#file-tree/restore/outcome.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes } from '../output/units.ts'

const NAMED = 20

/** What became of a restore, for people: counts, then what failed by name, then what had to be left out, once for each kind. */
export const outcomeLines = (outcome: Outcome): string[] => [
  `  ${counts(outcome)}`,
  ...(outcome.whole > 0 ? [`  were there already     ${outcome.whole}`] : []),
  ...(outcome.kept > 0 ? [`  kept, though different ${outcome.kept}`] : []),
  ...(outcome.replaced > 0 ? [`  replaced               ${outcome.replaced}`] : []),
  ...failureLines(outcome.failed),
  ...outcome.leftOut.map(
    ({ what, why, count: times, example }) =>
      `  left out: ${what}, ${times === 1 ? 'once' : `${times} times`}, as of ${nameOf(example)}: ${safeText(why)}`,
  ),
]

const failureLines = (failed: readonly Failure[]): string[] => [
  ...failed
    .slice(0, NAMED)
    .map(({ path, why, code }) => `  NOT RESTORED: ${nameOf(path)}: ${safeText(why)} (${code})`),
  ...(failed.length > NAMED
    ? [`  NOT RESTORED: ${failed.length - NAMED} more; --json names them all`]
    : []),
]

const nameOf = (path: string): string => (path === '' ? 'the folder' : safeText(readable(path)))

const counts = ({ files, bytes, folders, links, hardLinks, devices }: Outcome): string =>
  [
    `${count(files, 'file')} (${formatBytes(bytes)})`,
    count(folders, 'folder'),
    ...(links > 0 ? [count(links, 'symbolic link')] : []),
    ...(hardLinks > 0 ? [count(hardLinks, 'hard link')] : []),
    ...(devices > 0 ? [count(devices, 'device or pipe', 'devices and pipes')] : []),
  ].join(', ')

/** As programs read it. */
export const outcomeDocument = (outcome: Outcome) => ({
  ...outcome,
  failed: outcome.failed.map(failure => ({ ...failure, path: readable(failure.path) })),
  leftOut: outcome.leftOut.map(each => ({ ...each, example: readable(each.example) })),
})

/** What nobody expects to come back does not count. */
const EXPECTED: readonly string[] = ['socket', 'state of one moment']

export const exitCodeOfOutcome = ({ failed, leftOut }: Outcome): ExitCode => {
  if (failed.some(({ damaged }) => damaged)) return ExitCode.damaged
  const lacks = leftOut.some(({ what }) => !EXPECTED.includes(what))
  return failed.length > 0 || lacks ? ExitCode.partly : ExitCode.ok
}
