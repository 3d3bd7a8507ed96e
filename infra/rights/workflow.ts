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

/** Starts the machine of a run. */
export const startRuns = (deployment: Deployment): Right => {
  const policyRun = machineArnOf(deployment, 'PolicyRun')
  const jobsRun = machineArnOf(deployment, 'JobsRun')
  return {
    actions: ['states:StartExecution'],
    resources: [policyRun, jobsRun],
    environment: { XENKEEP_POLICY_RUN_ARN: policyRun, XENKEEP_JOBS_RUN_ARN: jobsRun },
  }
}
