/** Wall time: what the clocks of a zone show, as milliseconds since 1970-01-01T00:00 on those clocks. */
export type Wall = number

const HOUR = 3_600_000
/** Clocks jump by 24 h at most (Pacific/Apia, 2011-12-30), and never twice within three days. */
const AROUND = 36 * HOUR

/** Whether the time zone database of this Node knows the name. */
export const isTimeZone = (name: string): boolean => {
  if (!/^[A-Za-z]/.test(name)) return false // Node takes "+01:00" too, EventBridge does not
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

/** @returns what clocks in `zone` show at the instant (ms since 1970) */
export const wallOf = (zone: string, instant: number): Wall => instant + offsetAt(zone, instant)

/**
 * @returns the instants at which clocks in `zone` show `wall`, ascending: none in the gap when clocks go forward, two when they go back,
 * one on every other day
 */
export const instantsOf = (zone: string, wall: Wall): number[] => {
  const before = offsetAt(zone, wall - AROUND)
  const after = offsetAt(zone, wall + AROUND)
  if (before === after) return [wall - before]
  return [wall - before, wall - after]
    .filter(instant => wallOf(zone, instant) === wall)
    .sort((a, b) => a - b)
}

/** What clocks of a zone leave out when they go forward. */
export interface Gap {
  /** ms since 1970 */
  jump: number
  /** The first wall time that is left out, and the first that is not. */
  from: Wall
  to: Wall
}

/** The gaps between two instants (ms since 1970), ascending. */
export function* gapsBetween(zone: string, from: number, until: number): Generator<Gap> {
  for (let day = from; day < until; day += 24 * HOUR) {
    const [before, after] = [offsetAt(zone, day), offsetAt(zone, day + 24 * HOUR)]
    if (after <= before) continue
    let [early, late] = [day, day + 24 * HOUR]
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2)
      if (offsetAt(zone, middle) === before) early = middle
      else late = middle
    }
    if (late <= until) yield { jump: late, from: late + before, to: late + after }
  }
}

/** @returns the first instant at which clocks show `wall` or more; in a gap that is its end */
export const firstInstantFrom = (zone: string, wall: Wall): number => {
  const [first] = instantsOf(zone, wall)
  if (first !== undefined) return first
  for (const { jump, from, to } of gapsBetween(zone, wall - AROUND, wall + AROUND))
    if (wall >= from && wall < to) return jump
  return wall - offsetAt(zone, wall)
}

const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  formats.set(zone, made)
  return made
}

/** How far clocks of the zone are ahead of UTC, in ms. */
const offsetAt = (zone: string, instant: number): number => {
  if (zone === 'UTC') return 0
  const whole = Math.floor(instant / 1_000) * 1_000
  const part: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(whole)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole
}
