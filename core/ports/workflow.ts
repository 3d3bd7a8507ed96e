/** Names of the state machines in `infra/workflows/`. */
export type StateMachineName = RunMachineName | 'BackupVm' | 'OneJob'

/** Of those, the ones that execute a whole run. */
export type RunMachineName = 'PolicyRun' | 'RestoreRun' | 'ReplicationRun' | 'Maintenance'

/**
 * Step Functions, as far as we need it.
 * Errors of every method: `WORKFLOW_UNAVAILABLE` (retryable).
 */
export interface Workflow {
  /**
   * Starts an execution, or finds that the one of this name runs; the input of a name is always the same. StartExecution answers with
   * success while an execution of this name and input runs, with ExecutionAlreadyExists for 90 days after it has ended.
   * @returns `ended` where an execution of this name has been, and nothing was started
   */
  start(
    machine: StateMachineName,
    executionName: string,
    input: unknown,
  ): Promise<'running' | 'ended'>
  /** Ends an execution from outside; one that has ended already is left alone. */
  stop(machine: StateMachineName, executionName: string, reason: string): Promise<void>
  /** @returns false where nobody waits on this token any more (timed out, ended, or never existed) */
  succeedTask(token: string, output: unknown): Promise<boolean>
  failTask(token: string, error: string, cause: string): Promise<boolean>
  heartbeatTask(token: string): Promise<boolean>
}

/** One item of a Map state. */
export interface MapItem {
  jobId: string
}

/**
 * Lists that the Map states of the machines go through.
 * @throws `STORE_UNAVAILABLE` (retryable)
 */
export interface ItemLists {
  /**
   * Keeps a list where the Map state finds it. May be called again with the same name: the last list counts.
   * @param name of an execution, so no two lists of different runs meet
   * @returns what the machine is told: the items themselves where the Map is inline, or the object in the bucket of the lists
   */
  keep(
    name: string,
    items: readonly MapItem[],
  ): Promise<{ items: readonly MapItem[] } | { list: { key: string } }>
}

/** When the scheduler of the cloud runs a policy. */
export interface CloudSchedule {
  /** Five fields (core/policies/cron.ts). */
  cron: string
  /** IANA name */
  timeZone: string
  /** Not before then, in ms since 1970. */
  from?: number
}

/**
 * A scheduler that runs policies at their times, beside whatever looks after them now and then; where there is none, that is all. AWS: EventBridge Scheduler.
 * Errors of every method: `SCHEDULES_UNAVAILABLE` (retryable).
 */
export interface Schedules {
  /** Makes the schedule of a policy, or replaces it. May be repeated. */
  put(policyId: string, schedule: CloudSchedule): Promise<void>
  /** One that is gone already is no error. */
  remove(policyId: string): Promise<void>
}
