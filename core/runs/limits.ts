/** The safety margins of runs and jobs in one place, because each leans on the others. */
export const limits = {
  /** A lease runs out this long after the last heartbeat, in ms; gateways send one every 30-60 s, so four may get lost. */
  leaseMs: 5 * 60_000,

  /**
   * A job that was leased this often without a result is given up: it probably kills the gateway that runs it.
   * Restarts of a gateway count too, so it is not too small.
   */
  maxAttempts: 10,

  /** So many executions of a run may end before the run does; then it is failed: something is wrong with the machine itself. */
  attemptsPerRun: 100,

  /** How long no gateway of its pool may be heard of before a job that waits for one is given up, in ms. */
  queuePatienceMs: 60 * 60_000,

  /** A gateway that has not called for this long is called silent, in ms: four polls of 20 s, and some. */
  gatewaySilentMs: 90_000,

  /**
   * Members of one run. Payload: 2,000 ids of 29 bytes as JSON = 58,000 bytes of 262,144. History: at most 10 events for each
   * = 20,000 of 25,000. (AWS Step Functions quotas.)
   */
  jobsPerRun: 2_000,
} as const
