import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { SmtpServer } from '#core/contracts/channels.ts'
import { DeliveryFailedError } from '#core/errors/notifications.ts'
import { connectionWords } from './connection-words.ts'
import { type Reach, withinReach } from './reach.ts'

const TIME_LIMIT = 10_000 // ms, for the name and all its addresses
const EACH = 2_500 // ms for each address of a name but the last; Node's own quarter of a second is short for another continent

/**
 * Opens the connection to a mail server itself, as the library for mails looks names up in a way of its own that no rule of ours could stand in.
 * @throws `DELIVERY_FAILED`, `DELIVERY_REFUSED`
 */
export const openSmtp = async (
  { host, port }: Pick<SmtpServer, 'host' | 'port'>,
  reach: Reach,
): Promise<Socket> => {
  const way = withinReach(host, reach)
  const socket = connect({ host, port, autoSelectFamilyAttemptTimeout: EACH, ...way })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIME_LIMIT) })
  } catch (error) {
    socket.destroy()
    const words = connectionWords(error as NodeJS.ErrnoException, TIME_LIMIT)
    throw new DeliveryFailedError(`the mail server could not be spoken to: ${words}`, {
      cause: error,
    })
  }
  // Until the library listens, a cut connection must not end the process; it then finds the socket closed.
  socket.on('error', () => {})
  return socket
}
