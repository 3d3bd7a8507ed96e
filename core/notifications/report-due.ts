/** A report of the settings. */
interface Daily {
  /** `07:30`, by the clock of the zone */
  at: string
  timeZone: string
}

/** Its name in the catalog; another time or zone is another report. */
export const reportName = ({ timeZone, at }: Daily): string => `${timeZone}@${at}`

/**
 * Whether a report is due: its time has come on a day, by the clock of its zone, on which it was not told. A time that the clock leaves out has come right
 * after; one that it shows twice has come the first time; one that was slept through comes late on the same day.
 * @param last day of the last one, `2026-11-23`
 * @returns the day that it is due for
 */
export const dueDay = (
  { at, timeZone }: Daily,
  last: string | undefined,
  now: number,
): string | undefined => {
  const { day, time } = wallClock(now, timeZone)
  return time >= at && day !== last && (last === undefined || day > last) ? day : undefined
}

const wallClock = (now: number, timeZone: string): { day: string; time: string } => {
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  }).formatToParts(now)
  const part = (type: string) => parts.find(found => found.type === type)?.value ?? ''
  return {
    day: `${part('year')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}`,
  }
}
