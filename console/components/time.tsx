import { timeNow } from '../api/clock.ts'
import { usePreferences } from './preferences.tsx'

/** Makes texts of instants (ms since 1970) in the zone that the person chose, which each text names. */
export const useTimeText = (): ((at: number) => string) => {
  const { times } = usePreferences().preferences
  const format = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    timeZoneName: 'short',
    ...(times === 'utc' && { timeZone: 'UTC' }),
  })
  return at => {
    const part = Object.fromEntries(
      format.formatToParts(at).map(({ type, value }) => [type, value]),
    )
    return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute} ${part.timeZoneName}`
  }
}

/** An instant, in ms since 1970. Machines and tooltips get it in UTC. */
export const Time = ({ at }: { at: number }) => {
  const text = useTimeText()
  const iso = new Date(at).toISOString()
  return (
    <time dateTime={iso} title={iso}>
      {text(at)}
    </time>
  )
}

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** "3 hours ago"; the exact time stands in its title. */
export const Ago = ({ at, now = timeNow() }: { at: number; now?: number }) => {
  const text = useTimeText()
  const [unit, size] = UNITS.find(([, ms]) => Math.abs(at - now) >= ms) ?? ['minute', 60_000]
  const n = Math.trunc((at - now) / size)
  return (
    <time dateTime={new Date(at).toISOString()} title={text(at)}>
      {n === 0 ? 'just now' : RELATIVE.format(n, unit)}
    </time>
  )
}
