import { Aws } from 'aws-cdk-lib'
import type { Deployment } from '../deployment.ts'
import type { Right } from './right.ts'

/** `/xenkeep/secrets/`: the parameters with the secrets of channels. */
export const secretsPrefixOf = ({ prefix }: Deployment): string => `/${prefix}/secrets/`

/** Reads the secrets of channels, which administrators keep as SecureString parameters under the account's own key for them. */
export const readChannelSecrets = (deployment: Deployment): Right => ({
  actions: ['ssm:GetParameter'],
  resources: [
    `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:parameter${secretsPrefixOf(deployment)}*`,
  ],
  environment: { XENKEEP_SECRETS: secretsPrefixOf(deployment) },
})

/** Sends mails in the name of identities that the account has proved to own. */
export const sendMail = (_: Deployment): Right => ({
  actions: ['ses:SendEmail', 'ses:SendRawEmail'],
  resources: [`arn:${Aws.PARTITION}:ses:${Aws.REGION}:${Aws.ACCOUNT_ID}:identity/*`],
})

/** Publishes to topics of this deployment, whose names begin with its prefix. */
export const publishToTopics = ({ prefix }: Deployment): Right => ({
  actions: ['sns:Publish'],
  resources: [`arn:${Aws.PARTITION}:sns:${Aws.REGION}:${Aws.ACCOUNT_ID}:${prefix}-*`],
})
