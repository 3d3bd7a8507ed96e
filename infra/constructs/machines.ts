import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { backupVm } from '../workflows/backup-vm.ts'
import { oneJob } from '../workflows/one-job.ts'
import { runOverJobs } from '../workflows/run-over-jobs.ts'
import type { TaskFunctions } from './task-functions.ts'
import { WorkflowMachine } from './workflow-machine.ts'

/** The state machines: one of each kind of run, and one of each kind of job (core/runs/run.ts says which run takes which). */
export const makeMachines = (
  scope: Construct,
  deployment: Deployment,
  tasks: TaskFunctions,
): void => {
  const { planRun, dispatchJob, commitBackup, recordJobFailure, reportRun, itemLists } = tasks
  const backupMachine = new WorkflowMachine(scope, 'BackupVm', {
    deployment,
    comment: 'One VM, one job, one recovery point',
    definition: backupVm(scope, tasks),
    invokes: [dispatchJob, commitBackup, recordJobFailure],
  })
  const jobMachine = new WorkflowMachine(scope, 'OneJob', {
    deployment,
    comment: 'One job of any other kind',
    definition: oneJob(scope, tasks),
    invokes: [dispatchJob, recordJobFailure],
  })

  const runMachine = (
    run: string,
    comment: string,
    { machine, ...names }: { each: string; job: string; machine: WorkflowMachine },
  ) =>
    new WorkflowMachine(scope, run, {
      deployment,
      comment,
      definition: runOverJobs(scope, {
        names: { run, ...names },
        planRun,
        recordJobFailure,
        reportRun,
        job: machine,
        itemLists: itemLists?.bucket,
      }),
      invokes: [planRun, recordJobFailure, reportRun],
      starts: machine,
      itemLists,
    })
  runMachine('PolicyRun', 'One run over many VMs to back up', {
    each: 'BackUpEachVm',
    job: 'BackupVm',
    machine: backupMachine,
  })
  runMachine('RestoreRun', 'One run of restores, or of boot checks', {
    each: 'RestoreEachPoint',
    job: 'RestoreJob',
    machine: jobMachine,
  })
  runMachine('ReplicationRun', 'A step of a standby: a round, a failover, a return', {
    each: 'TakeEachStep',
    job: 'ReplicationJob',
    machine: jobMachine,
  })
  runMachine(
    'Maintenance',
    'Work on the repository: retention, collection of garbage, verification',
    {
      each: 'DoEachTask',
      job: 'MaintenanceJob',
      machine: jobMachine,
    },
  )
}
