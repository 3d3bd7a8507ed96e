import { SESv2Client } from '@aws-sdk/client-sesv2'
import { SNSClient } from '@aws-sdk/client-sns'
import { SSMClient } from '@aws-sdk/client-ssm'
import type { Clock, Deliver } from '#core/ports.ts'
import { slackSender, teamsSender } from '../notify/chat.ts'
import { mailSender } from '../notify/mail.ts'
import { deliverBy } from '../notify/senders.ts'
import { smtpSender } from '../notify/smtp.ts'
import { webCall } from '../notify/web-call.ts'
import { webhookSender } from '../notify/webhook.ts'
import { parameterSecrets } from './parameter-secrets.ts'
import { sesMail } from './ses-mail.ts'
import { snsText, snsTopic } from './sns-messages.ts'

/**
 * How messages leave the cloud: SES, SNS, SMTP, and HTTPS to public addresses only.
 * @param prefix of the parameters with the secrets
 */
export const cloudDeliver = ({ clock, prefix }: { clock: Clock; prefix: string }): Deliver => {
  const secrets = parameterSecrets({ client: new SSMClient({}), prefix, clock })
  const reach = { privateNetwork: false }
  const given = { secrets, clock, reach, call: webCall(reach) }
  const sns = new SNSClient({})
  return deliverBy({
    mail: mailSender(smtpSender(given), sesMail(new SESv2Client({}))),
    sms: snsText(sns),
    topic: snsTopic(sns),
    webhook: webhookSender(given),
    slack: slackSender(given),
    teams: teamsSender(given),
  })
}
