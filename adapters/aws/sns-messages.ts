import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { DestinationOf } from '#core/contracts/channels.ts'
import { DeliveryRefusedError } from '#core/errors/notifications.ts'
import { cutBytes } from '#core/notifications/text/document.ts'
import { plainText } from '#core/notifications/text/plain.ts'
import { shortText } from '#core/notifications/text/sms.ts'
import type { OutgoingMessage } from '#core/ports.ts'
import { judgedByAws } from './delivery-error.ts'

const FINAL = new Set(['InvalidParameter', 'InvalidParameterException', 'InvalidParameterValue'])
const SUBJECT = 99 // characters of ASCII: SNS takes less than 100 (API reference, Publish)
const BODY = 200_000 // bytes; SNS takes 256 KiB with its attributes

/**
 * Text messages, one call for each number: sns:Publish. No number keeps the others from theirs, nor has them told each half hour again: where some got it, those
 * that did not are named and not tried again (the SDK has tried what passes).
 * @throws `DELIVERY_REFUSED`, `DELIVERY_FAILED`
 */
export const snsText =
  (client: SNSClient) =>
  async ({ to }: DestinationOf<'sms'>, { document }: OutgoingMessage): Promise<void> => {
    const failed: { number: string; error: Error }[] = []
    for (const number of to)
      await publish(client, {
        PhoneNumber: number,
        Message: shortText(document),
        MessageAttributes: {
          'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' },
        },
      }).catch(error => failed.push({ number, error }))
    const [first] = failed
    if (!first) return
    if (failed.length === to.length) throw first.error
    throw new DeliveryRefusedError(
      `SNS took it, but not for ${failed.map(({ number }) => number).join(', ')}; ${first.error.message}`,
      first.error,
    )
  }

/** A topic: whoever has subscribed gets the text; programs find kind and id in the attributes. */
export const snsTopic =
  (client: SNSClient) =>
  async (
    { arn }: DestinationOf<'topic'>,
    { document, kind, eventId }: OutgoingMessage,
  ): Promise<void> =>
    publish(client, {
      TopicArn: arn,
      Subject: ascii(document.subject),
      Message: cutBytes(`${document.subject}\n\n${plainText(document)}`, BODY),
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: kind },
        eventId: { DataType: 'String', StringValue: eventId },
        severity: { DataType: 'String', StringValue: document.severity },
      },
    })

const publish = async (
  client: SNSClient,
  input: ConstructorParameters<typeof PublishCommand>[0],
): Promise<void> => {
  await client.send(new PublishCommand(input)).catch(error => {
    throw judgedByAws(error, FINAL)
  })
}

/** SNS refuses a subject with anything else, or that does not begin with a letter or digit. */
const ascii = (text: string): string =>
  `XenKeep: ${text.replace(/[^\x20-\x7e]/g, '?')}`.slice(0, SUBJECT)
