import type { z } from 'zod'
import type { GatewayMessage, GatewayMessagesRequest } from '#core/contracts/channels-api.ts'
import type { Client } from '#core/contracts/client.ts'
import { asXenkeepError, XenkeepError } from '#core/errors/base.ts'
import type { Secrets } from '#core/ports.ts'
import { type Chore, createChore } from '../control/chore.ts'
import type { Patience } from '../control/patience.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import { sendSnmp } from './snmp-send.ts'
import { sendSyslog } from './syslog-send.ts'

type Done = z.input<typeof GatewayMessagesRequest>['done'][number]

export interface MessagesHost {
  client: Client
  gatewayId: () => string
  secrets: Secrets
  /** Name of this machine, for syslog. */
  host: string
  patience: Patience
  log: Log
}

/** Sends messages of the control plane into this network, syslog and SNMP, whenever it says that there may be some. */
export const messagesChore = (host: MessagesHost): Chore =>
  createChore({
    name: 'Sending messages into this network',
    everyMs: limits.messagesMs,
    work: signal => sendAll(host, signal),
    patience: host.patience,
    log: host.log,
  })

/** Fetches, sends and tells, until nothing is left. What was sent and could not be told is sent again, once its lease is over. */
export const sendAll = async (host: MessagesHost, signal: AbortSignal): Promise<void> => {
  const { client, gatewayId } = host
  let done: Done[] = []
  while (!signal.aborted && gatewayId() !== '') {
    const { messages } = await client.call('gatewayMessages', {
      params: { gatewayId: gatewayId() },
      body: { done },
      signal,
    })
    if (messages.length === 0) return
    done = await Promise.all(messages.map(message => sendOne(host, message)))
  }
}

const sendOne = async (host: MessagesHost, message: GatewayMessage): Promise<Done> => {
  const { eventId, channelId, to } = message
  try {
    if (to.kind === 'syslog') await sendSyslog({ ...message, to }, host)
    else await sendSnmp({ ...message, to }, host)
    return { eventId, channelId }
  } catch (error) {
    return { eventId, channelId, error: sentenceOf(error, to) }
  }
}

const sentenceOf = (error: unknown, { host, kind }: GatewayMessage['to']): string => {
  if (error instanceof XenkeepError) return asXenkeepError(error).message
  const { code, message } = error as NodeJS.ErrnoException
  const why = `${code ?? ''} ${message ?? ''}`.trim().replace(/\s+/g, ' ').slice(0, 300)
  return `The gateway could not send it to ${kind} at ${host}: ${why}.`
}
