import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { watchCatalog } from '../constructs/catalog-alarms.ts'
import { makeMachines } from '../constructs/machines.ts'
import { Schedules } from '../constructs/schedules.ts'
import { TaskFunctions } from '../constructs/task-functions.ts'
import { tendAll } from '../constructs/tending.ts'
import { watchWork } from '../constructs/work-alarms.ts'
import type { Deployment } from '../deployment.ts'

export interface WorkflowsStackProps extends StackProps {
  deployment: Deployment
}

/** The state machines, the functions behind their tasks, and what looks after them now and then. */
export class WorkflowsStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: WorkflowsStackProps) {
    super(scope, id, props)
    makeMachines(this, deployment, new TaskFunctions(this, 'Task', deployment))
    tendAll(this, deployment)
    watchWork(this, deployment)
    // The replica of the table comes with the table, which has alarms in its own region only.
    if (deployment.site === 'standby') watchCatalog(this, deployment)
    new Schedules(this, 'Schedules', deployment)
  }
}
