import { formatBytes } from '#core/bytes-text.ts'
import { countText } from '#core/count-text.ts'

export { countText as count, formatBytes }

/** @param bytesPerSecond undefined or 0 while nothing is known */
export const formatRate = (bytesPerSecond: number | undefined): string =>
  bytesPerSecond ? `${formatBytes(bytesPerSecond)}/s` : ''

/** @returns seconds in words of two parts at most: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h` */
export const formatDuration = (seconds: number): string => {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const s = Math.round(seconds)
  if (s < 60) return `${s} s`
  if (s < 3_600) return `${Math.floor(s / 60)} min ${pad(s % 60)} s`
  const minutes = Math.round(s / 60)
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
  const hours = Math.round(s / 3_600)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const pad = (value: number) => String(value).padStart(2, '0')

/** Prints instants in one time zone, and says which. */
export type TimeFormat = (instant: number) => string

/**
 * @param timeZone IANA name; the machine's own unless told
 * @returns a function from milliseconds since 1970 to `2026-11-22 15:07:06 CET`
 */
export const timeFormat = (timeZone?: string): TimeFormat => {
  // Made when a time is printed: it takes 0.01 s, and most commands print none.
  let format: Intl.DateTimeFormat | undefined
  return instant => {
    format ??= new Intl.DateTimeFormat('en-GB', {
      ...(timeZone ? { timeZone } : {}),
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    })
    const part = Object.fromEntries(format.formatToParts(instant).map(p => [p.type, p.value]))
    return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second} ${part.timeZoneName}`
  }
}
