import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses'
import { Subscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { KEPT } from '../constructs/kept.ts'
import { alarmsTopicName, type Deployment, mailSetName, noticesTopicName } from '../deployment.ts'

export interface NotificationsStackProps extends StackProps {
  deployment: Deployment
}

/** The ways by which messages leave: topics of SNS, and SES for reports. */
export class NotificationsStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: NotificationsStackProps) {
    super(scope, id, props)
    const { mailFrom, verifyDomain, operators } = deployment.context.notifications

    const alarms = new Topic(this, 'Alarms', {
      topicName: alarmsTopicName(deployment),
      displayName: 'XenKeep alarms',
      enforceSSL: true,
    })
    const publishedBy = (sid: string, services: string[], conditions = {}) =>
      alarms.addToResourcePolicy(
        new PolicyStatement({
          sid,
          principals: services.map(service => new ServicePrincipal(`${service}.amazonaws.com`)),
          actions: ['sns:Publish'],
          resources: [alarms.topicArn],
          conditions,
        }),
      )
    publishedBy('AlarmsAndBouncesOfThisAccount', ['cloudwatch', 'ses'], {
      StringEquals: { 'aws:SourceAccount': this.account },
    })
    // "You can't use Condition blocks in Amazon SNS topic policies for EventBridge" (its user guide, Amazon SNS permissions): with one, nothing arrives.
    publishedBy('Events', ['events'])
    for (const [number, endpoint] of operators.entries())
      new Subscription(this, `Operator${number}`, {
        topic: alarms,
        protocol: SubscriptionProtocol.EMAIL,
        endpoint,
      })

    const notices = new Topic(this, 'Notices', {
      topicName: noticesTopicName(deployment),
      displayName: 'XenKeep',
      enforceSSL: true,
    })

    const mail = new ConfigurationSet(this, 'Mail', {
      configurationSetName: mailSetName(deployment),
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    })
    mail.addEventDestination('Bounces', {
      destination: EventDestination.snsTopic(alarms),
      events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT, EmailSendingEvent.REJECT],
    })
    const identity = new EmailIdentity(this, 'Sender', {
      identity: verifyDomain
        ? Identity.domain(mailFrom.replace(/^.*@/, ''))
        : Identity.email(mailFrom),
      configurationSet: mail,
    })
    identity.applyRemovalPolicy(KEPT)

    new CfnOutput(this, 'NoticesTopicArn', { value: notices.topicArn })
    for (const [number, { name, value }] of (verifyDomain ? identity.dkimRecords : []).entries())
      new CfnOutput(this, `DkimRecord${number}`, { value: `${name} CNAME ${value}` })
  }
}
