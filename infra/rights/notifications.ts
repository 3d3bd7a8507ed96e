import { Aws } from 'aws-cdk-lib'
import { type Deployment, mailSetName } from '../deployment.ts'
import type { Right } from './right.ts'

const arn = (service: string, rest: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${rest}`

/** `/xenkeep/secrets/`: where administrators keep the secrets of channels, in each region. */
export const secretsPrefixOf = ({ context }: Deployment): string => `/${context.name}/secrets/`

/** What it takes to tell people of something. */
export const deliverMessages = (deployment: Deployment): Right[] => [
  {
    actions: ['ssm:GetParameter'],
    resources: [arn('ssm', `parameter${secretsPrefixOf(deployment)}*`)],
    because: 'The parameters with the secrets of channels, which are made later.',
    environment: { XENKEEP_SECRETS: secretsPrefixOf(deployment) },
  },
  {
    actions: ['ses:SendEmail', 'ses:SendRawEmail'],
    // An identity brings its configuration set along.
    resources: [
      arn('ses', 'identity/*'),
      arn('ses', `configuration-set/${mailSetName(deployment)}`),
    ],
    because:
      'Senders that the account has proved to own; which of them is used, channels say later.',
  },
  {
    actions: ['sns:Publish'],
    resources: [arn('sns', `${deployment.context.name}-*`)],
    because: 'Topics of this deployment, by the beginning of their names.',
  },
  {
    // Text messages are published to a number, which is no resource: everything but topics and endpoints.
    actions: ['sns:Publish'],
    resources: [],
    exceptResources: [`arn:${Aws.PARTITION}:sns:*:*:*`],
  },
]
