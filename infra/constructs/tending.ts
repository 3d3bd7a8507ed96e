import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { writeAuditCopy } from '../rights/audit.ts'
import { deliverMessages } from '../rights/notifications.ts'
import type { Right } from '../rights/right.ts'
import { keepSchedules } from '../rights/schedules.ts'
import { completeTasks, startRuns } from '../rights/workflow.ts'
import { HandlerFunction } from './handler-function.ts'

export interface TendingProps {
  deployment: Deployment
  file: string
  every: Duration
  rights: readonly Right[]
}

/** A handler that looks after something now and then, whatever else happens. */
class Tending extends Construct {
  constructor(scope: Construct, id: string, { deployment, file, every, rights }: TendingProps) {
    super(scope, id)
    const handler = new HandlerFunction(this, 'Handler', {
      file,
      deployment,
      access: 'write',
      rights,
      timeout: Duration.minutes(2),
    })
    new Rule(this, 'NowAndThen', {
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(handler, { retryAttempts: 0 })], // the next one comes anyway
    })
  }
}

/** All that is looked after now and then; a line each. */
export const tendAll = (scope: Construct, deployment: Deployment): void => {
  const tend = (id: string, file: string, every: Duration, rights: Right[]) =>
    new Tending(scope, id, { deployment, file: `functions/events/${file}.ts`, every, rights })
  tend('TendRuns', 'tend-runs', Duration.minutes(5), [
    completeTasks(deployment),
    startRuns(deployment),
  ])
  tend('CopyAudit', 'copy-audit', Duration.minutes(15), [writeAuditCopy(deployment)])
  tend('Watch', 'watch', Duration.minutes(1), [])
  tend('Deliver', 'deliver', Duration.minutes(1), deliverMessages(deployment))
  tend('TendMaintenance', 'tend-maintenance', Duration.minutes(15), [startRuns(deployment)])
  tend('TendReplicas', 'tend-replicas', Duration.minutes(1), [startRuns(deployment)])
  tend('TendPolicies', 'tend-policies', Duration.minutes(1), [
    startRuns(deployment),
    ...keepSchedules(deployment),
  ])
}
