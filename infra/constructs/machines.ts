import type { Construct } from 'constructs'
import type { Deployment } from '../deployment.ts'
import { backupVm } from '../workflows/backup-vm.ts'
import { oneJob } from '../workflows/one-job.ts'
import { runOverJobs } from '../workflows/run-over-jobs.ts'
import type { TaskFunctions } from './task-functions.ts'
import { WorkflowMachine } from './workflow-machine.ts'

/** The state machines: one of each kind of run, one of each kind of job. */
export const makeMachines = (
  scope: Construct,
  deployment: Deployment,
  tasks: TaskFunctions,
): void => {
  const { planRun, dispatchJob, commitBackup, recordJobFailure, reportRun } = tasks
  const runMachine = (
    run: string,
    comment: string,
    { each, job, machine }: { each: string; job: string; machine: WorkflowMachine },
  ) =>
    new WorkflowMachine(scope, run, {
      deployment,
      comment,
      definition: runOverJobs(scope, {
        names: { run, each, job },
        planRun,
        reportRun,
        job: machine,
      }),
      invokes: [planRun, reportRun],
      starts: machine,
    })

  const backupMachine = new WorkflowMachine(scope, 'BackupVm', {
    deployment,
    comment: 'One VM, one job, one recovery point',
    definition: backupVm(scope, tasks),
    invokes: [dispatchJob, commitBackup, recordJobFailure],
  })
  runMachine('PolicyRun', 'One run over many VMs to back up', {
    each: 'BackUpEachVm',
    job: 'BackupVm',
    machine: backupMachine,
  })
  const jobMachine = new WorkflowMachine(scope, 'OneJob', {
    deployment,
    comment: 'One job of any other kind',
    definition: oneJob(scope, tasks),
    invokes: [dispatchJob, recordJobFailure],
  })
  runMachine('JobsRun', 'One run over many jobs: restores, and all that is no backup of a VM', {
    each: 'DoEachJob',
    job: 'OneJob',
    machine: jobMachine,
  })
}
