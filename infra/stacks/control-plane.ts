import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { Api } from '../constructs/api.ts'
import { HandlerFunction } from '../constructs/handler-function.ts'
import { TaskFunctions } from '../constructs/task-functions.ts'
import { machineArn, WorkflowMachine } from '../constructs/workflow-machine.ts'
import { backupVm } from '../workflows/backup-vm.ts'
import { oneJob } from '../workflows/one-job.ts'
import { runOverJobs } from '../workflows/run-over-jobs.ts'

export interface ControlPlaneProps extends StackProps {
  /** `s3://bucket/prefix`; asked for at deployment unless the context names it. */
  repositoryAddress?: string
}

/** Catalog, state machines, API: the control plane of one region. */
export class ControlPlaneStack extends Stack {
  constructor(scope: Construct, id: string, { repositoryAddress, ...props }: ControlPlaneProps) {
    super(scope, id, props)
    const table = new Table(this, 'Catalog', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    const environment = { XENKEEP_REPOSITORY: repositoryAddress ?? 's3://set-at-deployment' }

    const tasks = new TaskFunctions(this, 'Task', { table, environment })
    const { planRun, dispatchJob, commitBackup, recordJobFailure, reportRun } = tasks
    const runMachine = (
      run: string,
      comment: string,
      { each, job, machine }: { each: string; job: string; machine: WorkflowMachine },
    ) =>
      new WorkflowMachine(this, run, {
        comment,
        definition: runOverJobs(this, {
          names: { run, each, job },
          planRun,
          reportRun,
          job: machine,
        }),
        invokes: [planRun, reportRun],
        starts: machine,
      })
    const backupMachine = new WorkflowMachine(this, 'BackupVm', {
      comment: 'One VM, one job, one recovery point',
      definition: backupVm(this, tasks),
      invokes: [dispatchJob, commitBackup, recordJobFailure],
    })
    runMachine('PolicyRun', 'One run over many VMs to back up', {
      each: 'BackUpEachVm',
      job: 'BackupVm',
      machine: backupMachine,
    })
    const jobMachine = new WorkflowMachine(this, 'OneJob', {
      comment: 'One job of any other kind',
      definition: oneJob(this, tasks),
      invokes: [dispatchJob, recordJobFailure],
    })
    runMachine('JobsRun', 'One run over many jobs: restores, and all that is no backup of a VM', {
      each: 'DoEachJob',
      job: 'OneJob',
      machine: jobMachine,
    })

    const arns = {
      backupVm: machineArn(this, 'BackupVm'),
      policyRun: machineArn(this, 'PolicyRun'),
      oneJob: machineArn(this, 'OneJob'),
      jobsRun: machineArn(this, 'JobsRun'),
    }
    const api = new Api(this, 'Api', { table, environment })
    const { startRun, commandReplica, heartbeat, lease, result, cancelRun } = api.functions

    const tending = (id: string, file: string, rule: string, minutes: number) => {
      const handler = new HandlerFunction(this, id, {
        file,
        table,
        access: 'write',
        environment,
        timeout: Duration.minutes(2),
      })
      new Rule(this, rule, {
        schedule: Schedule.rate(Duration.minutes(minutes)),
        targets: [new LambdaFunction(handler, { retryAttempts: 0 })], // the next one comes anyway
      })
      return handler
    }
    const tendRuns = tending('TendRuns', 'functions/events/tend-runs.ts', 'TendRunsNowAndThen', 5)
    const tendReplicas = tending(
      'TendReplicas',
      'functions/events/tend-replicas.ts',
      'TendReplicasEachMinute',
      1,
    )

    const waiting = [arns.backupVm, arns.oneJob]
    for (const handler of [dispatchJob, lease, result, cancelRun, tendRuns])
      allow(handler, 'states:SendTaskSuccess', waiting)
    allow(heartbeat, 'states:SendTaskHeartbeat', waiting)
    for (const handler of [startRun, commandReplica, tendRuns, tendReplicas]) {
      allow(handler, 'states:StartExecution', [arns.policyRun, arns.jobsRun])
      handler.addEnvironment('XENKEEP_POLICY_RUN_ARN', arns.policyRun)
      handler.addEnvironment('XENKEEP_JOBS_RUN_ARN', arns.jobsRun)
    }

    new CfnOutput(this, 'ApiUrl', { value: api.url })
  }
}

const allow = (handler: HandlerFunction & IGrantable, action: string, resources: string[]): void =>
  handler.addToRolePolicy(new PolicyStatement({ actions: [action], resources }))
