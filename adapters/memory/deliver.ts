import type { Destination } from '#core/contracts/channels.ts'
import type { Deliver, OutgoingMessage } from '#core/ports.ts'

/** Keeps what was sent, for tests; `fail` decides what becomes of each message. */
export const memoryDeliver = (
  fail: (to: Destination, message: OutgoingMessage) => Error | undefined = () => undefined,
): Deliver & { sent: { to: Destination; message: OutgoingMessage }[] } => {
  const sent: { to: Destination; message: OutgoingMessage }[] = []
  return {
    sent,
    async send(to, message) {
      const error = fail(to, message)
      if (error) throw error
      sent.push({ to, message })
    },
  }
}
