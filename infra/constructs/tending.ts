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
import { watch } from './alarm.ts'
import { HandlerFunction } from './handler-function.ts'

export interface TendingProps {
  deployment: Deployment
  file: string
  every: Duration
  rights: readonly Right[]
  /** More than the usual two minutes and 512 MB. */
  size?: { timeout: Duration; memory: number }
  /** Tells when it fails, or comes no more; what comes each minute is noticed among all functions (work-alarms.ts). */
  alarm?: { says: string; section: string; evaluationPeriods: number }
}

/** Of alarms; what is looked at comes at least twice in it. */
const PERIOD = Duration.minutes(30)

/** A handler that looks after something now and then, whatever else happens. */
class Tending extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { deployment, file, every, rights, size, alarm }: TendingProps,
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
    if (alarm)
      watch(this, `${id}Fails`, {
        ...{ deployment, ...alarm },
        metric: handler.metricErrors({ period: PERIOD, statistic: 'Sum' }),
        threshold: 1,
        silence: 'alarm', // Lambda counts errors, none included, whenever it runs
      })
  }
}

/** All that is looked after now and then; a line each. */
export const tendAll = (scope: Construct, deployment: Deployment): void => {
  const tend = (
    id: string,
    name: Tick,
    rights: Right[],
    more: Pick<TendingProps, 'size' | 'alarm'> = {},
  ) =>
    new Tending(scope, id, {
      ...{ deployment, rights, ...more },
      file: `functions/events/${name}.ts`,
      every: Duration.minutes(TICKS[name]),
    })
  tend('TendRuns', 'tend-runs', [completeTasks(deployment), startRuns(deployment)], {
    alarm: {
      says: 'Nobody looks after open runs: what does failed for an hour, or was not called.',
      section: 'Nobody looks after runs',
      evaluationPeriods: 2,
    },
  })
  tend('CopyAudit', 'copy-audit', [writeAuditCopy(deployment)], {
    alarm: {
      says: 'Audit records are not copied to where they are locked, or do not follow from each other.',
      section: 'Audit records are not copied',
      evaluationPeriods: 1, // a chain that is broken is told once
    },
  })
  tend('Watch', 'watch', [])
  tend('Deliver', 'deliver', deliverMessages(deployment))
  // It reads all points of the catalog once a day.
  tend('TendMaintenance', 'tend-maintenance', [startRuns(deployment)], {
    size: { timeout: Duration.minutes(14), memory: 1_769 },
    alarm: {
      says: 'Maintenance is not begun: what does failed for an hour, or was not called.',
      section: 'Maintenance is not begun',
      evaluationPeriods: 2,
    },
  })
  tend('TendReplicas', 'tend-replicas', [startRuns(deployment)])
  tend('TendPolicies', 'tend-policies', [startRuns(deployment), ...keepSchedules(deployment)])
}
