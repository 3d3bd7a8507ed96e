import { keys } from '../catalog/keys.ts'
import type { MaintenanceSchedule } from '../contracts/repository-api.ts'
import { firstInstantFrom } from '../policies/zone.ts'
import type { Catalog, CatalogItem } from '../ports.ts'

/** The schedule as the catalog keeps it. */
export interface KeptSchedule {
  schedule: MaintenanceSchedule
  /** The day, in the zone of the schedule, for which nothing is due any more. */
  doneFor?: string
  /** When it began last by itself, ms since 1970. */
  last?: number
  trouble?: string
  /** The day for which it was told that it did not begin on time. */
  toldFor?: string
}

/** Unless somebody has set another one. */
export const DEFAULT_SCHEDULE: MaintenanceSchedule = {
  enabled: true,
  at: '03:00',
  timeZone: 'UTC',
}

export const readSchedule = (catalog: Catalog): Promise<CatalogItem<KeptSchedule> | undefined> =>
  catalog.get<KeptSchedule>(keys.maintenance('schedule'))

/** @returns the day (2026-11-23) and the time (03:00) that a clock on the wall shows */
const onTheWall = (instant: number, timeZone: string): { day: string; time: string } => {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit' },
    } as Intl.DateTimeFormatOptions)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  )
  return {
    day: `${parts.year}-${parts.month}-${parts.day}`,
    time: `${parts.hour}:${parts.minute}`,
  }
}

/** @param day as 2026-11-23 */
const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)

/** The newest day whose time has come, on the clocks of the schedule's zone. */
export const lastDue = (
  { at, timeZone }: Pick<MaintenanceSchedule, 'at' | 'timeZone'>,
  now: number,
): string => {
  const { day, time } = onTheWall(now, timeZone)
  return time >= at ? day : dayBefore(day)
}

/**
 * Once for each day of the schedule's calendar, at the first look at or after its time, be that on the next day: a time that clocks leave out or show twice
 * is one time, a time right before midnight is not missed by whoever looks each quarter of an hour, and a control plane that was down makes up for the last one.
 * @returns the day that it is due for
 */
export const dueFor = ({ schedule, doneFor }: KeptSchedule, now: number): string | undefined => {
  if (!schedule.enabled) return undefined
  const day = lastDue(schedule, now)
  return doneFor === undefined || day > doneFor ? day : undefined
}

/** @returns when it was due on that day, ms since 1970 */
export const instantOf = ({ at, timeZone }: MaintenanceSchedule, day: string): number =>
  firstInstantFrom(timeZone, Date.parse(`${day}T${at}:00Z`))
