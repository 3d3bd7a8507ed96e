import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { memoryDeliver } from '#adapters/memory/deliver.ts'
import { ChannelDefinition, type Destination } from '#core/contracts/channels.ts'
import { NotificationSettings } from '#core/contracts/channels-api.ts'
import type { NotificationEvent } from '#core/contracts/notifications.ts'
import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import { createChannel } from '#core/notifications/channels-catalog.ts'
import { readNotice } from '#core/notifications/notice.ts'
import { runEnded } from '#core/notifications/run-ended.ts'
import { saveNotificationSettings } from '#core/notifications/settings.ts'
import type { Deliver, OutgoingMessage } from '#core/ports.ts'
import { endRun } from '#core/runs/run.ts'
import { deliverAll } from '#functions/events/deliver.ts'
import { finishedJobs, runOf, srFull } from './ended-run.ts'

export const MAIL: Destination = {
  kind: 'mail',
  from: 'xenkeep@example.org',
  to: ['ops@example.org'],
}
export const HOUR = 3_600_000
export const channelIdOf = (n: number) => `01J0000000000000000000C00${n}`

/** A control plane of which only the part that tells is there: `channels` channels that hear of everything that ends. */
export const deliverySite = async ({
  channels = 1,
  maxPerHour = 100,
  repeatAfterMinutes = 0,
} = {}) => {
  let now = Date.UTC(2026, 10, 23, 2)
  const catalog = memoryCatalog()
  const clock = { now: () => now }
  const random = { bytes: (size: number) => crypto.getRandomValues(new Uint8Array(size)) }
  const nextId = ulidMaker({ clock, random })
  const failures = new Map<string, (message: OutgoingMessage) => Error | undefined>()
  const deliver = memoryDeliver((to, message) =>
    to.kind === 'mail' ? failures.get(to.to[0] ?? '')?.(message) : undefined,
  )
  const ids = Array.from({ length: channels }, (_, n) => channelIdOf(n))
  for (const [n, channelId] of ids.entries())
    await createChannel(catalog, {
      ...ChannelDefinition.parse({
        name: `c${n}`,
        maxPerHour,
        to: { ...MAIL, to: [`c${n}@example.org`] },
      }),
      channelId,
      created: now,
    })
  await saveNotificationSettings(
    catalog,
    NotificationSettings.parse({
      repeatAfterMinutes,
      rules: [{ events: ['run-failed', 'gateway-silent'], channelIds: ids }],
    }),
  )
  const ports = { catalog, clock, random, deliver: deliver as Deliver }
  const runFails = (more = {}, outcomes = [srFull]): NotificationEvent => {
    const run = runOf({ started: now - 60_000, ...more })
    const jobs = finishedJobs(outcomes)
    const event = runEnded(endRun(run, jobs, now), jobs, nextId())
    if (!event) throw new Error('nothing was announced')
    return event
  }
  return {
    ports,
    catalog,
    deliver,
    failures,
    wait: (ms: number) => {
      now += ms
    },
    round: () => deliverAll(ports)(),
    runFails,
    announce: async (event: NotificationEvent) => {
      await catalog.write(announcement(event))
      return event.eventId
    },
    subjects: () => deliver.sent.map(({ message }) => message.document.subject),
    stateOf: async (eventId: string, n = 0) =>
      (await readNotice(catalog, eventId)).value.deliveries[n],
  }
}
