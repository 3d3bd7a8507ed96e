import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

const UNITS: Record<string, number> = { min: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * A time in the past: `24h`, `7d` or `90min` before `now`, or an ISO 8601 time, which is local unless it names a zone.
 * @param option for the message
 * @returns ms since 1970
 * @throws `USAGE`
 */
export const pastTime = (option: string, text: string, now: number): number => {
  const [, count = '', unit = ''] = /^(\d{1,6})(min|h|d)$/.exec(text) ?? []
  const ago = UNITS[unit]
  if (ago !== undefined) return Math.max(0, now - Number(count) * ago)
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time) || time < 0)
    throw new UsageError(
      `${option} ${quoted(text)} is no time.`,
      'Say "24h", "7d" or "90min" for so long ago, or an ISO time such as 2026-11-22T06:00Z.',
    )
  return time
}
