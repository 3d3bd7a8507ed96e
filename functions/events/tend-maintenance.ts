import { isConflict } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import { MaintenanceStep } from '#core/contracts/maintenance.ts'
import type { MaintenanceSchedule } from '#core/contracts/repository-api.ts'
import { asXenkeepError, toProblem } from '#core/errors/base.ts'
import { ulidMaker } from '#core/ids.ts'
import { CLOUD_SHARE } from '#core/maintenance/daily-share.ts'
import {
  DEFAULT_SCHEDULE,
  dueFor,
  instantOf,
  type KeptSchedule,
  lastDue,
  readSchedule,
} from '#core/maintenance/schedule.ts'
import { announcement } from '#core/notifications/announce.ts'
import type { CatalogItem, CatalogWrite } from '#core/ports.ts'
import { removesHere } from '#core/region/region.ts'
import { type HeldLockPorts, tendHeldLocks } from '../maintenance/begin-held-locks.ts'
import { beginMaintenance } from '../maintenance/begin-maintenance.ts'
import type { Ports } from '../ports.ts'
import { leaveToTending } from '../runs/begin-run.ts'
import { eventHandler } from '../runtime.ts'

type TendPorts = HeldLockPorts & Pick<Ports, 'secondCopy'>

/**
 * Begins the daily run over the repository when it is due. That it has begun is written in one piece with the run, so of two that look at once one
 * begins it. What cannot begin is told with the schedule and tried again. Also sees to it that what is under a legal hold is locked. Called every few minutes.
 */
export const tendMaintenance =
  (ports: TendPorts, unlessTold: MaintenanceSchedule = DEFAULT_SCHEDULE) =>
  async () => {
    const { begun } = await tendSchedule(ports, unlessTold)
    return { begun, locksBegun: await tendHeldLocks(ports) }
  }

const tendSchedule = async (
  ports: TendPorts,
  unlessTold: MaintenanceSchedule,
): Promise<{ begun: boolean }> => {
  const item = await readSchedule(ports.catalog)
  if (!item) {
    await enter(ports, unlessTold)
    return { begun: false }
  }
  const day = dueFor(item.value, ports.clock.now())
  if (day === undefined) return { begun: false }
  return { begun: await begin(ports, item, day) }
}

/** A new installation has nothing to look after: the first time is the next one. */
const enter = async (
  { catalog, clock }: TendPorts,
  schedule: MaintenanceSchedule,
): Promise<void> => {
  const doneFor = lastDue(schedule, clock.now())
  const value: KeptSchedule = { schedule, doneFor }
  const key = keys.maintenance('schedule')
  await catalog.write([{ kind: 'put', key, value, expect: 'absent' }]).catch(unlessConflict)
}

const begin = async (
  ports: TendPorts,
  { version, value }: CatalogItem<KeptSchedule>,
  day: string,
): Promise<boolean> => {
  const { catalog, clock } = ports
  const key = keys.maintenance('schedule')
  const { trouble: before, ...rest } = value
  const put = (kept: KeptSchedule) => ({
    ...{ kind: 'put' as const, key, value: kept, expect: { version } },
  })
  try {
    const { verification } = value.schedule
    await beginMaintenance(
      ports,
      {
        steps: stepsIn(ports),
        startedBy: 'its schedule',
        ...(verification && { verification }),
      },
      ulidMaker(ports)(),
      [put({ ...rest, doneFor: day, last: clock.now() })],
      leaveToTending, // that it has begun is written by then
    )
    return true
  } catch (error) {
    if (isConflict(error)) return false
    const trouble = asXenkeepError(error).message.slice(0, 1_000)
    const isTold = value.toldFor === day
    if (trouble !== before || !isTold)
      await catalog
        .write([
          put({ ...value, trouble, toldFor: day }),
          ...(isTold ? [] : missed(ports, value, day, error)),
        ])
        .catch(unlessConflict)
    return false
  }
}

/**
 * After a take-over the schedule stays as it is, and removes again when people have gone back. Nor is anything compared by itself there: the other bucket may be
 * lost, and what was seen of this one is what restores go by (functions/plans/whole-here.ts).
 */
const stepsIn = ({ region }: TendPorts): MaintenanceStep[] =>
  removesHere(region.setup) ? [...MaintenanceStep.options] : ['verify']

/** Told once for each day, however often it is tried again. */
const missed = (
  ports: TendPorts,
  { schedule }: KeptSchedule,
  day: string,
  error: unknown,
): CatalogWrite[] =>
  announcement({
    ...{ kind: 'schedule-missed', eventId: ulidMaker(ports)(), at: ports.clock.now() },
    ...{ policyName: 'Maintenance of the repository', due: instantOf(schedule, day) },
    ...{ late: true, why: toProblem(error) },
  })

const unlessConflict = (error: unknown): void => {
  if (!isConflict(error)) throw error
}

const IN_THE_CLOUD: MaintenanceSchedule = {
  ...DEFAULT_SCHEDULE,
  verification: { level: 1, share: CLOUD_SHARE },
}

export const handler = eventHandler(ports => tendMaintenance(ports, IN_THE_CLOUD))
