import type { VerificationSummary } from '#repository/index.ts'
import { count, formatBytes, formatDuration, type TimeFormat } from '../output/units.ts'

/**
 * @param clock now (milliseconds since 1970), and how to print a time
 * @returns how much was ever read in full and how long ago, in words
 */
export const verificationLines = (
  { packs, never, damaged, oldest }: VerificationSummary,
  { now, time }: { now: number; time: TimeFormat },
): string[] => {
  if (packs === 0) return ['Nothing is stored yet that could be verified.']
  if (oldest === undefined)
    return [`Nothing was ever verified: ${count(packs, 'pack')} (${formatBytes(never.bytes)}).`]
  const age = formatDuration(Math.max(0, now - oldest) / 1000)
  return [
    never.packs === 0
      ? `Everything was verified at least once; the oldest verification is ${age} old (${time(oldest)}).`
      : `${(packs - never.packs).toLocaleString('en')} of ${count(packs, 'pack')} were verified at least once; the oldest verification is ${age} old (${time(oldest)}).`,
    ...(never.packs === 0
      ? []
      : [`Never verified: ${count(never.packs, 'pack')} (${formatBytes(never.bytes)}).`]),
    ...(damaged === 0
      ? []
      : [`DAMAGE: ${count(damaged, 'pack')} could not be read whole when last verified.`]),
  ]
}
