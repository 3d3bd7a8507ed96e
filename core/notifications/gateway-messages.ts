import { keys } from '../catalog/keys.ts'
import type { GatewayMessage } from '../contracts/channels-api.ts'
import { asXenkeepError } from '../errors/base.ts'
import type { Catalog } from '../ports.ts'
import type { Channel } from './channel.ts'
import { readAllChannels, readChannelState } from './channels-catalog.ts'
import { type Delivery, leaseDelivery, waitingFor } from './delivery.ts'
import { readNotice } from './notice.ts'
import { readNotificationSettings } from './settings.ts'
import { compose } from './text/compose.ts'
import { cut } from './text/document.ts'
import { lineText } from './text/plain.ts'

/** Whether anything waits for any gateway: asked at each of its calls, so one cheap question. */
export const anyForGateways = async (catalog: Catalog): Promise<boolean> =>
  (await catalog.query(keys.delivery('gateway', '', '').pk, { limit: 1 })).items.length > 0

const serves = (channel: Channel, gatewayId: string): boolean => {
  const { to, enabled, removed } = channel
  if (removed !== undefined || !enabled) return false
  return (
    (to.kind === 'syslog' || to.kind === 'snmp') &&
    (to.gatewayId === undefined || to.gatewayId === gatewayId)
  )
}

/** Messages that this gateway is to send now, each leased to it for as long as one try may take. */
export const messagesFor = async (
  catalog: Catalog,
  gatewayId: string,
  now: number,
  most: number,
): Promise<GatewayMessage[]> => {
  const messages: GatewayMessage[] = []
  for (const channel of await readAllChannels(catalog)) {
    if (!serves(channel, gatewayId)) continue
    const { failing } = await readChannelState(catalog, channel.channelId)
    if (failing && failing.nextTry > now) continue
    const waiting = await waitingFor(catalog, channel, now)
    // One that fails is probed with one message.
    const turn = failing ? waiting.slice(0, 1) : waiting
    for (const item of turn) {
      if (messages.length === most) return messages
      const message = await messageOf(catalog, channel, item.value)
      if (message && (await leaseDelivery(catalog, item, now, gatewayId))) messages.push(message)
    }
  }
  return messages
}

const messageOf = async (
  catalog: Catalog,
  { to }: Channel,
  { eventId, channelId }: Delivery,
): Promise<GatewayMessage | undefined> => {
  if (to.kind !== 'syslog' && to.kind !== 'snmp') return undefined
  const notice = await readNotice(catalog, eventId).catch(error => {
    if (asXenkeepError(error).code === 'NOTIFICATION_NOT_FOUND') return undefined
    throw error
  })
  if (!notice) return undefined
  const { event, context } = notice.value
  const document = compose(event, context, await readNotificationSettings(catalog))
  return {
    eventId,
    channelId,
    to,
    at: event.at,
    kind: event.kind,
    severity: document.severity,
    subject: document.subject,
    line: cut(lineText(document), 8_000),
    fields: fieldsOf(event),
  }
}

/** Ids and names of an event, flat: what programs sort messages by. */
const fieldsOf = (event: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(event)
      .filter(([name, value]) => FIELDS.has(name) && value !== undefined)
      .map(([name, value]) => [name, cut(String(value), 1_000)]),
  )

const FIELDS = new Set([
  ...['runId', 'runKind', 'policyId', 'policyName', 'title', 'gatewayId', 'name'],
  ...['approvalId', 'askedBy', 'total', 'during', 'epoch', 'from', 'to'],
])
