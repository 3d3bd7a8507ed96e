import { type Deployment, machineArnOf } from '../deployment.ts'
import type { Right } from './right.ts'

/** Machines whose tasks wait for a gateway. */
const WAITING = ['BackupVm', 'OneJob']

/** Tells a waiting task how its job ended. */
export const completeTasks = (deployment: Deployment): Right => ({
  actions: ['states:SendTaskSuccess'],
  resources: WAITING.map(machine => machineArnOf(deployment, machine)),
})

/** Tells a waiting task that its job goes on. */
export const keepTasksAlive = (deployment: Deployment): Right => ({
  actions: ['states:SendTaskHeartbeat'],
  resources: WAITING.map(machine => machineArnOf(deployment, machine)),
})

/** Machines that execute a run, and the settings in which functions find them. */
const RUNS = {
  XENKEEP_POLICY_RUN_ARN: 'PolicyRun',
  XENKEEP_RESTORE_RUN_ARN: 'RestoreRun',
  XENKEEP_REPLICATION_RUN_ARN: 'ReplicationRun',
  XENKEEP_MAINTENANCE_ARN: 'Maintenance',
}

/** Stops executions of runs that another execution goes on with. */
export const stopRuns = (deployment: Deployment): Right => ({
  actions: ['states:StopExecution'],
  resources: Object.values(RUNS).map(
    machine => `${machineArnOf(deployment, machine).replace(':stateMachine:', ':execution:')}:*`,
  ),
  because: 'The executions of the machines of runs, whose names are made of the ids of runs.',
})

/** Starts the machine of a run. */
export const startRuns = (deployment: Deployment): Right => {
  const arns = Object.entries(RUNS).map(
    ([name, machine]) => [name, machineArnOf(deployment, machine)] as const,
  )
  return {
    actions: ['states:StartExecution'],
    resources: arns.map(([, arn]) => arn),
    environment: Object.fromEntries(arns),
  }
}
