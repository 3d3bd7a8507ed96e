/** The safety margins of the agent in one place, because each leans on the others. */
export const limits = {
  /** Chunks of disks that no earlier point has, in bytes: 16 of the 64 KiB blocks that CBT marks. */
  chunkSize: 1024 * 1024,

  /** The same of streams that are no disks: a pool's database, a host's archive. */
  streamChunkSize: 1024 * 1024,

  /** Pools report what they hold this often, in ms; also at the start and after each job. */
  inventoryMs: 60_000,

  /** A report that is like the one before is left out for so long, in ms: in the cloud each is paid for. */
  inventoryAgainMs: 5 * 60_000,

  /** Points that the catalog has and the repository lacks are looked for this often, in ms: it means reading all points of the catalog. */
  gonePointsMs: 6 * 60 * 60_000,

  /** Points that the catalog has are not asked about again for so long, in ms. */
  pointsAgainMs: 24 * 60 * 60_000,

  /** Catalog and repository are compared this often, in ms; also at the start and after each job. A listing costs one call per 1,000 points. */
  reconcileMs: 10 * 60_000,

  /** What the recipes of a guest find is looked for this often, in ms; the same is told again after the longer time. */
  guestFactsMs: 15 * 60_000,
  guestFactsAgainMs: 60 * 60_000,

  /** A gateway asks this often which guests are enrolled, in ms: one that was revoked is let in for so long. A key it does not know it asks about at once. */
  enrolledGuestsMs: 5 * 60_000,

  /** It is asked for messages to send at least this often, in ms; and whenever a lease tells that there may be some. */
  messagesMs: 60 * 60_000,

  /** A change of the key that is under way is gone on with after so long, in ms, or after `keyChangeRetryMs` where a step failed; and whenever a lease asks for one. */
  keyChangeMs: 60 * 60_000,
  keyChangeRetryMs: 60_000,

  /** The bandwidth plan is read again this often, in ms, so that a change needs no restart. */
  bandwidthMs: 10_000,

  /** What the gateway tells of itself with each call for work is looked up again after so long, in ms: programs may be put in place, settings changed. */
  aboutMs: 10_000,

  /** A chore that failed is tried again after this long, in ms. */
  choreRetryMs: 10_000,

  /** VMs, SRs and notes that one report carries at most: the schema's own bounds (core/contracts). */
  notes: 50,
  noteLength: 500,

  /** Points that one call asks about and sends (core/contracts/gateway-api.ts). */
  pointIdsPerCall: 1_000,
  pointsPerCall: 100,
  jobIdsPerCall: 100,

  /**
   * Waits in ms before a backup whose store or pool fails for a while goes on with its own snapshot; after the last one it has
   * failed. Together a quarter of an hour: a store or a host that restarts is back by then.
   */
  goOnAfterMs: [5_000, 15_000, 60_000, 120_000, 300_000, 300_000],

  /** Bytes of disk that were read when the agent is stopped in good order: from here on the snapshot is left on the pool to be gone on with, below it is read again. */
  worthKeeping: 1024 * 1024 * 1024,

  /** Seconds that an offline backup waits for a guest to shut down, unless told: updates that install at a shutdown take longer. */
  shutdownSeconds: 300,

  /** Seconds that a quiesced backup may hold a guest still, unless told: VSS lets writes go on after 10 s, a snapshot takes one or two. */
  freezeSeconds: 10,

  /** Looks at files at once, beside all other jobs: each has up to two kernels of 256 MiB, which take what they use of it, and two parts of 8 MiB. */
  looks: 2,

  /** How long jobs may clean up after SIGTERM before the process ends anyway, in ms: destroying a snapshot takes seconds. */
  stopMs: 25_000,

  /** How long the control plane may take to say that another gateway is at work on a VM that is down, in ms. Without an answer the VM is started. */
  askWhileDownMs: 5_000,

  /** A pool that does not answer is tried again after this long, in ms. */
  poolRetryMs: 15_000,

  /** A password that was refused is tried again unchanged after this long, in ms: it may have been put right at the pool. */
  refusedPasswordMs: 30 * 60_000,
} as const
