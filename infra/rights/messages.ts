import { Aws } from 'aws-cdk-lib'
import { type Deployment, mailSetName, noticesTopicName } from '../deployment.ts'
import type { Right } from './right.ts'

const arn = (service: string, resource: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`

/** Sends mail from the one address of the context, through the set that requires TLS. */
export const sendMail = (deployment: Deployment): Right => {
  const { mailFrom, verifyDomain } = deployment.context.notifications
  const identity = verifyDomain ? mailFrom.replace(/^.*@/, '') : mailFrom
  return {
    actions: ['ses:SendEmail'],
    resources: [
      arn('ses', `identity/${identity}`),
      arn('ses', `configuration-set/${mailSetName(deployment)}`),
    ],
    conditions: { StringEquals: { 'ses:FromAddress': mailFrom } },
    environment: {
      XENKEEP_MAIL_FROM: mailFrom,
      XENKEEP_MAIL_CONFIGURATION_SET: mailSetName(deployment),
    },
  }
}

/** Publishes to whoever subscribed to the topic of notices. */
export const publishNotices = (deployment: Deployment): Right => ({
  actions: ['sns:Publish'],
  resources: [arn('sns', noticesTopicName(deployment))],
  environment: { XENKEEP_NOTICES_TOPIC_ARN: arn('sns', noticesTopicName(deployment)) },
})
