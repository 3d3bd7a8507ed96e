import { DeliveryRefusedError } from '#core/errors/notifications.ts'
import type { Sender } from './senders.ts'
import type { smtpSender } from './smtp.ts'

/**
 * Mail by the server that the channel names, else by the deployment's own service.
 * @param service none on one machine
 */
export const mailSender =
  (smtp: ReturnType<typeof smtpSender>, service?: Sender<'mail'>): Sender<'mail'> =>
  async (to, message) => {
    if (to.smtp) return smtp(to.smtp, to, message)
    if (service) return service(to, message)
    throw new DeliveryRefusedError('it names no mail server ("smtp"), and there is no SES here')
  }
