import { retryOnConflict } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { MaintenanceSchedule } from '#core/contracts/repository-api.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { type KeptSchedule, lastDue, readSchedule } from '#core/maintenance/schedule.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Changes when the repository is looked after by itself. A time of today that has passed is due tomorrow. */
export const putMaintenanceSchedule =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    body: schedule,
  }: RouteCall<'putMaintenanceSchedule'>): Promise<RouteReply<'putMaintenanceSchedule'>> => {
    const doneFor = lastDueOf(schedule, clock.now())
    await retryOnConflict(async () => {
      const item = await readSchedule(catalog)
      const { trouble: _, doneFor: _day, ...before } = item?.value ?? {}
      const value: KeptSchedule = {
        ...before,
        schedule,
        doneFor,
      }
      const expect = item ? { version: item.version } : ('absent' as const)
      await catalog.write([{ kind: 'put', key: keys.maintenance('schedule'), value, expect }])
    })
    return { schedule }
  }

/** @throws `REQUEST_INVALID` where there is no such zone */
const lastDueOf = (schedule: MaintenanceSchedule, now: number): string => {
  try {
    return lastDue(schedule, now)
  } catch {
    throw new RequestInvalidError(
      `body.timeZone: there is no time zone "${schedule.timeZone}"; they are called like Europe/Vienna.`,
    )
  }
}

export const handler = httpHandler('putMaintenanceSchedule', putMaintenanceSchedule)
