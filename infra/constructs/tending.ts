import { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Construct } from 'constructs'
import { TICKS, type Tick } from '#core/costs/ticks.ts'
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
  /** More than the usual two minutes and 512 MB. */
  size?: { timeout: Duration; memory: number }
}

/** A handler that looks after something now and then, whatever else happens. */
class Tending extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { deployment, file, every, rights, size }: TendingProps,
  ) {
    super(scope, id)
    const handler = new HandlerFunction(this, 'Handler', {
      file,
      deployment,
      access: 'write',
      rights,
      timeout: Duration.minutes(2),
      ...size,
    })
    new Rule(this, 'NowAndThen', {
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(handler, { retryAttempts: 0 })], // the next one comes anyway
    })
  }
}

/** All that is looked after now and then; a line each. */
export const tendAll = (scope: Construct, deployment: Deployment): void => {
  const tend = (id: string, name: Tick, rights: Right[], more: Pick<TendingProps, 'size'> = {}) =>
    new Tending(scope, id, {
      ...{ deployment, rights, ...more },
      file: `functions/events/${name}.ts`,
      every: Duration.minutes(TICKS[name]),
    })
  tend('TendRuns', 'tend-runs', [completeTasks(deployment), startRuns(deployment)])
  tend('CopyAudit', 'copy-audit', [writeAuditCopy(deployment)])
  tend('Watch', 'watch', [])
  tend('Deliver', 'deliver', deliverMessages(deployment))
  // It reads all points of the catalog once a day.
  tend('TendMaintenance', 'tend-maintenance', [startRuns(deployment)], {
    size: { timeout: Duration.minutes(14), memory: 1_769 },
  })
  tend('TendReplicas', 'tend-replicas', [startRuns(deployment)])
  tend('TendPolicies', 'tend-policies', [startRuns(deployment), ...keepSchedules(deployment)])
}
