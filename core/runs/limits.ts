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

  /** The same for the program after a run, which starts again what the one before it stopped. */
  lastProgramPatienceMs: 24 * 60 * 60_000,

  /** A gateway that has not called for this long is called silent, in ms: four polls of 20 s, and some. */
  gatewaySilentMs: 90_000,

  /**
   * Members of one run. What bounds it is the time that a Lambda has to make the jobs (infra/constructs/task-functions.ts); payloads and histories do not
   * grow with it (test/infra/step-functions-limits.test.ts).
   */
  jobsPerRun: 10_000,

  /** Members that one call names and whose jobs it makes itself: 40 writes of 100 items, in the 20 s of its Lambda. */
  jobsPerCall: 2_000,

  /** A run with more jobs is looked at by its tally: so many jobs are some 600 KB, at each look of everybody. */
  jobsReadAtOnce: 200,
} as const
