import { retryOnConflict } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { type KeptSchedule, onTheWall, readSchedule } from '#core/maintenance/schedule.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Changes when the repository is looked after by itself. A time of today that has passed is due tomorrow. */
export const putMaintenanceSchedule =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    body: schedule,
  }: RouteCall<'putMaintenanceSchedule'>): Promise<RouteReply<'putMaintenanceSchedule'>> => {
    const { day, time } = wallIn(schedule.timeZone, clock.now())
    await retryOnConflict(async () => {
      const item = await readSchedule(catalog)
      const { trouble: _, doneFor: _day, ...before } = item?.value ?? {}
      const value: KeptSchedule = {
        ...before,
        schedule,
        doneFor: time >= schedule.at ? day : dayBefore(day),
      }
      const expect = item ? { version: item.version } : ('absent' as const)
      await catalog.write([{ kind: 'put', key: keys.maintenance('schedule'), value, expect }])
    })
    return { schedule }
  }

/** @throws `REQUEST_INVALID` where there is no such zone */
const wallIn = (timeZone: string, now: number) => {
  try {
    return onTheWall(now, timeZone)
  } catch {
    throw new RequestInvalidError(
      `body.timeZone: there is no time zone "${timeZone}"; they are called like Europe/Vienna.`,
    )
  }
}

const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)

export const handler = httpHandler('putMaintenanceSchedule', putMaintenanceSchedule)
