import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { DestinationOf } from '#core/contracts/channels.ts'
import { plainText, shortText } from '#core/notifications/text/plain.ts'
import type { OutgoingMessage } from '#core/ports.ts'
import { judgedByAws } from './delivery-error.ts'

const FINAL = new Set(['InvalidParameter', 'InvalidParameterException', 'InvalidParameterValue'])
const SUBJECT = 100 // characters of ASCII that SNS takes (API reference, Publish)
const BODY = 100_000 // characters; SNS takes 256 KiB

/**
 * Text messages, one call for each number: sns:Publish. A number that fails makes all of them come again: better twice than not at all.
 * @throws `DELIVERY_REFUSED`, `DELIVERY_FAILED`
 */
export const snsText =
  (client: SNSClient) =>
  async ({ to }: DestinationOf<'sms'>, { document }: OutgoingMessage): Promise<void> => {
    for (const PhoneNumber of to)
      await publish(client, {
        PhoneNumber,
        Message: shortText(document),
        MessageAttributes: {
          'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' },
        },
      })
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
      Message: `${document.subject}\n\n${plainText(document)}`.slice(0, BODY),
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
