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

/** And what is remembered from one turn to the next. */
export interface MessagesTurn extends MessagesHost {
  /** How messages ended that the control plane has not been told of yet. */
  untold: Done[]
  unread: Set<string>
}

/** Sends messages of the control plane into this network, syslog and SNMP, whenever it says that there may be some. */
export const messagesChore = (host: MessagesHost): Chore => {
  const turn: MessagesTurn = { ...host, untold: [], unread: new Set() }
  return createChore({
    name: 'Sending messages into this network',
    everyMs: limits.messagesMs,
    work: signal => sendAll(turn, signal),
    patience: host.patience,
    log: host.log,
  })
}

/** Fetches, sends and tells, until nothing is left. What could not be told is told the next time; only what a gateway forgets, as it ends right then, is sent again. */
export const sendAll = async (turn: MessagesTurn, signal: AbortSignal): Promise<void> => {
  const { client, gatewayId } = turn
  while (!signal.aborted && gatewayId() !== '') {
    const { messages } = await client.call('gatewayMessages', {
      params: { gatewayId: gatewayId() },
      body: { done: turn.untold },
      signal,
    })
    turn.untold = []
    if (messages.length === 0) return
    turn.untold = await Promise.all(messages.map(message => sendOne(turn, message)))
  }
}

const sendOne = async (turn: MessagesTurn, message: GatewayMessage): Promise<Done> => {
  const { eventId, channelId, to } = message
  try {
    if (to.kind === 'syslog') await sendSyslog({ ...message, to }, turn)
    else await sendSnmp({ ...message, to }, turn)
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
