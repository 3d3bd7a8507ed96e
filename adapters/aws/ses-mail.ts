import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { DestinationOf } from '#core/contracts/channels.ts'
import type { OutgoingMessage } from '#core/ports.ts'
import { mailMessage } from '../notify/mail-message.ts'
import { judgedByAws } from './delivery-error.ts'

/** What SES says of a message that it will say again: it is not about our account but about this mail. */
const FINAL = new Set(['MessageRejected', 'BadRequestException'])
/** It says the same of senders that were not proved yet, and of all receivers in the sandbox: somebody may do that. */
const UNPROVED = /not verified/i

/**
 * Mail by SES, as the whole message, so that it has both parts and our headers: ses:SendRawEmail of the identity that sends.
 * @throws `DELIVERY_REFUSED`, `DELIVERY_FAILED`
 */
export const sesMail =
  (client: SESv2Client) =>
  async (to: DestinationOf<'mail'>, message: OutgoingMessage): Promise<void> => {
    const raw = await new MailComposer(mailMessage(to, message)).compile().build()
    await client
      .send(
        new SendEmailCommand({
          FromEmailAddress: to.from,
          Destination: { ToAddresses: to.to },
          Content: { Raw: { Data: raw } },
        }),
      )
      .catch(error => {
        const isUnproved = UNPROVED.test(String(error?.message))
        throw judgedByAws(error, isUnproved ? new Set() : FINAL)
      })
  }
