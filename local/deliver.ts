import { fileSecrets } from '#adapters/fs/secrets.ts'
import { slackSender, teamsSender } from '#adapters/notify/chat.ts'
import { mailSender } from '#adapters/notify/mail.ts'
import { deliverBy } from '#adapters/notify/senders.ts'
import { smtpSender } from '#adapters/notify/smtp.ts'
import { webCall } from '#adapters/notify/web-call.ts'
import { webhookSender } from '#adapters/notify/webhook.ts'
import type { Clock, Deliver } from '#core/ports.ts'

/** How messages leave one machine: its own network is the administrator's. */
export const localDeliver = ({ clock, folder }: { clock: Clock; folder: string }): Deliver => {
  const secrets = fileSecrets(folder)
  const reach = { privateNetwork: true }
  const given = { secrets, clock, reach, call: webCall(reach) }
  return deliverBy({
    mail: mailSender(smtpSender(given)),
    webhook: webhookSender(given),
    slack: slackSender(given),
    teams: teamsSender(given),
  })
}
