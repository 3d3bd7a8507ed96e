import { isConflict } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { NotificationSettings } from '#core/contracts/channels-api.ts'
import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import { dailyFacts } from '#core/notifications/daily-facts.ts'
import { dueDay, reportName } from '#core/notifications/report-due.ts'
import { readNotificationSettings } from '#core/notifications/settings.ts'
import { gatewayWrites } from '#core/notifications/watch-gateways.ts'
import { unprotectedWrites } from '#core/notifications/watch-unprotected.ts'
import type { CatalogWrite } from '#core/ports.ts'
import type { Ports } from '../ports.ts'
import { eventHandler } from '../runtime.ts'

type WatchPorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'upSince'>

/** How often it is looked for VMs that nobody protects, in ms: it reads the whole inventory. */
const UNPROTECTED_EVERY = 3_600_000
const DAY = 86_400_000 // ms

/** Looks for what announces itself to nobody: gateways that are silent, VMs that no policy protects, reports whose time has come. Called each minute or so. */
export const watch = (ports: WatchPorts) => async () => {
  const settings = await readNotificationSettings(ports.catalog)
  const nextId = ulidMaker(ports)
  // What is wrong with one of them keeps nobody from hearing of the others.
  const troubles: unknown[] = []
  for (const look of [watchGateways, watchUnprotected, tellReports])
    await look(ports, settings, nextId).catch(error => troubles.push(error))
  if (troubles.length > 0) throw troubles[0]
  return {}
}

const watchGateways = async (
  { catalog, clock, upSince }: WatchPorts,
  { gatewaySilentMinutes }: NotificationSettings,
  nextId: () => string,
): Promise<void> => {
  const silentMs = gatewaySilentMinutes * 60_000
  for (const writes of await gatewayWrites(catalog, {
    silentMs,
    now: clock.now(),
    upSince,
    nextId,
  }))
    await writeUnlessOther({ catalog }, writes)
}

const watchUnprotected = async (
  { catalog, clock }: WatchPorts,
  _: NotificationSettings,
  nextId: () => string,
): Promise<void> => {
  const now = clock.now()
  const key = keys.report('unprotected')
  const last = await catalog.get<{ looked: number }>(key)
  if (last && now - last.value.looked < UNPROTECTED_EVERY) return
  const looked: CatalogWrite = {
    kind: 'put',
    key,
    value: { looked: now },
    expect: last ? { version: last.version } : 'absent',
  }
  await writeUnlessOther({ catalog }, [
    looked,
    ...(await unprotectedWrites(catalog, { now, nextId })),
  ])
}

/** What a report was told for last. */
interface Told {
  day: string
  at: number
}

const tellReports = async (
  { catalog, clock }: WatchPorts,
  { reports, gatewaySilentMinutes }: NotificationSettings,
  nextId: () => string,
): Promise<void> => {
  const until = clock.now()
  for (const report of byName(reports)) {
    const key = keys.report(reportName(report))
    const last = await catalog.get<Told>(key)
    const day = dueDay(report, last?.value.day, until)
    if (day === undefined) continue
    // The time since the last one, also when that was days ago; never more than a month.
    const from = Math.max(last?.value.at ?? until - DAY, until - 31 * DAY)
    const { timeZone, channelIds } = report
    const silentMs = gatewaySilentMinutes * 60_000
    const facts = await dailyFacts(catalog, { from, until, timeZone, silentMs })
    const event = { kind: 'daily-report' as const, eventId: nextId(), at: until, channelIds }
    const value: Told = { day, at: until }
    await writeUnlessOther({ catalog }, [
      { kind: 'put', key, value, expect: last ? { version: last.version } : 'absent' },
      ...announcement({ ...facts, ...event }),
    ])
  }
}

type Report = NotificationSettings['reports'][number]

/** Reports of the same time are one, to the channels of all of them. */
const byName = (reports: readonly Report[]): Report[] =>
  [...Map.groupBy(reports, reportName).values()].flatMap(same => {
    const channelIds = [...new Set(same.flatMap(report => report.channelIds))]
    return same.slice(0, 1).map(report => ({ ...report, channelIds }))
  })

/** Two that look at once tell it once. */
const writeUnlessOther = async (
  { catalog }: Pick<Ports, 'catalog'>,
  writes: readonly CatalogWrite[],
): Promise<void> => {
  await catalog.write(writes).catch(error => {
    if (!isConflict(error)) throw error
  })
}

export const handler = eventHandler(watch)
