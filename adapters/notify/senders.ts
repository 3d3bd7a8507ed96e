import type { Destination, DestinationOf } from '#core/contracts/channels.ts'
import { DeliveryRefusedError } from '#core/errors/notifications.ts'
import type { Deliver, OutgoingMessage } from '#core/ports.ts'

export type Sender<K extends Destination['kind']> = (
  to: DestinationOf<K>,
  message: OutgoingMessage,
) => Promise<void>

export type Senders = { [K in Exclude<Destination['kind'], 'syslog' | 'snmp'>]?: Sender<K> }

/** Brings each message to the sender of its kind; what a deployment has no sender for is refused in words. */
export const deliverBy = (senders: Senders): Deliver => ({
  async send(to, message) {
    const sender = senders[to.kind as keyof Senders] as Sender<Destination['kind']> | undefined
    if (!sender)
      throw new DeliveryRefusedError(
        `this control plane cannot send to channels of the kind "${to.kind}"`,
      )
    await sender(to, message)
  },
})
