import type { CatalogKey } from '../ports.ts'

/**
 * The key layout of the catalog: one table, every access path a `get` or a `query` of one partition
 * (docs/decisions/0012-catalog-keys.md). Sort keys that are ULIDs list by time.
 *
 * | pk                  | sk               | value                                                |
 * |---------------------|------------------|------------------------------------------------------|
 * | `GATEWAYS`          | gateway id       | name, public key, pools, last sign of life           |
 * | `GATEWAYLIVES`      | gateway id       | what it tells of itself, and what happened to it      |
 * | `GATEWAYNAMES`      | SHA-256 of name  | which gateway bears it: two never bear the same      |
 * | `GUESTS`            | guest UUID       | the agent that is enrolled for it: there is one at a time |
 * | `GUESTFACTS`        | guest UUID       | what the probes of its agent found last              |
 * | `CODES`             | SHA-256 of code  | one-time enrolment code                              |
 * | `GUESSES`           | IP address       | wrong enrolment codes of the last ten minutes        |
 * | `NONCES#<gateway>`  | token nonce      | a token that was used; swept after its time          |
 * | `POOLS`             | pool UUID        | hosts, SRs, which gateway told of it                 |
 * | `KEEPERS`           | queue            | the one gateway that gets its jobs, and until when   |
 * | `VMS`               | pool#VM          | one VM of the inventory                              |
 * | `TEMPLATES`         | pool#template    | one custom template of the inventory                 |
 * | `RUNS`              | run id           | one run                                              |
 * | `OPENRUNS`          | run id           | that the run has not ended (what redrive looks at)   |
 * | `POLICYRUNS#<policy>` | run id         | that it is a run of this policy (what follows it looks there) |
 * | `RUN#<run>`         | job id           | one job, with its outcome                            |
 * | `LISTS#<run>`       | list id#page     | jobs of a run that are yet to be made                |
 * | `TALLY#<run>`       | shard            | how many jobs of a large run ended, and how          |
 * | `JOBS`              | job id           | which run the job belongs to                         |
 * | `VMJOBS#<vm>`       | job id           | the same, under the VM that the job is about         |
 * | `DRILLS#<guest UUID>` | name of a recipe | the last drill of it on that guest that somebody told of |
 * | `OPEN#<queue>`      | job id           | a job that was dispatched and not ended; the queue is a pool's UUID, `guest-` and a guest's UUID, `repository`, or `files` |
 * | `LOOKS`             | run id           | a look at files: how much was asked, and what waits for an answer; forgotten a day later |
 * | `LOOKOF`            | SHA-256 of who and point | the last look of somebody at a point: there is one at a time |
 * | `QUESTIONS#<run>`   | question id      | what was asked in a look at files, and the sizes of the sealed parts of its answer |
 * | `POINTS`            | point id         | one recovery point                                   |
 * | `POINTS#<vm>`       | point id         | the same, under its VM                               |
 * | `PROTECTED`         | VM UUID          | name and newest point of a VM that has points, the unusual one that is shown with it, its newest boot check |
 * | `REPLICAS`          | replica id       | the standby of a VM in another pool, and how it stands |
 * | `REPLICAOF`         | pool#VM          | which replica the VM was given there: there is never a second one |
 * | `TOKENS`            | token id         | a token of an outside system, hashed                 |
 * | `SESSIONS`          | SHA-256 of token | somebody who has signed in to the console of one machine |
 * | `AUDIT#<chain>`     | record number    | one record of what was done or refused               |
 * | `AUDITHEADS`        | chain            | number and hash of its last record                   |
 * | `AUDITCOPIES`       | chain            | how far the chain was copied                         |
 * | `IDEMPOTENT`        | SHA-256 of key   | a call that came under an idempotency key, its answer |
 * | `REPOSITORIES`      | `main`           | which repository this control plane writes to        |
 * | `REPOSITORIES`      | `replica`        | its second copy, and when that was compared          |
 * | `REPLICATED#<slot>` | page             | points whose ids begin with the slot: could they be restored from the second copy alone |
 * | `MAINTENANCE`       | `run`            | the last run over the whole repository: there is one at a time |
 * | `MAINTENANCE`       | `schedule`       | when it runs by itself, and when it did last         |
 * | `MAINTENANCE`       | `state`          | what the last collection and verification found      |
 * | `MAINTENANCE`       | `retention`      | how many points were to be removed last, how many were left |
 * | `HOLDS`             | `point#` or `vm#` and its id | that somebody forbade to delete it, who and why |
 * | `HELDLOCKS`         | point id         | how a held point was locked in the store, and when that is looked at again |
 * | `REMOVALS`          | point#job        | that the job may be deleting this point just now     |
 * | `USES#<point or VM>` | `job#` or `replica#` and its id | that this reads the point, or any of the VM, or will |
 * | `OUTBOX`            | event id         | something that happened, and nobody has looked yet whom it concerns |
 * | `POLICIES`          | policy id        | one policy; a deleted one stays, for its points      |
 * | `SITES`             | site id          | the definition of one XenDesktop site; a deleted one stays, for its points |
 * | `SITENAMES`         | name, folded     | which site bears it                                  |
 * | `SITEPLAN#<run>`    | list id#page     | what a run of a site went by: definition and tasks, in pieces of text |
 * | `TOLDPLANS#<point>` | told, or job id#page | what a gateway read in the repository of a site point, in pieces of text; `told`: which of them count |
 * | `SITERESTORES`      | restore id       | one restore of a site, and how it stands             |
 * | `COMPONENTRESTORES` | guest#component  | the newest restore of a component on a guest         |
 * | `SITESTEPS#<restore>` | number         | one step of it: what it does, what became of it      |
 * | `POLICYNAMES`       | name, folded     | which policy bears it                                |
 * | `FIRINGS#<policy>`  | occasion         | what became of one time of its schedule, or of a run that it follows |
 * | `SCHEDULED#<region>` | policy id       | what the scheduler of that region was told of it      |
 * | `DAYS`              | day (2026-11-23) | what ended on it: runs, and what their jobs read, stored and freed |
 * | `REGION`            | `active`         | which region is active, and how often one took over  |
 * | `REGION`            | `settled#<epoch>` | the runs of before that take-over are gone on with   |
 * | `REGION`            | `heard`          | a higher epoch that gateways know and this region does not |
 * | `REGION`            | `sign#<region>`  | when that region last told that it lives             |
 * | `NOTICES`           | event id         | the same, once that is known: what became of it on each channel |
 * | `DELIVERIES`        | channel#event    | a message that its channel has not taken yet         |
 * | `DELIVERIES#gateway` | channel#event   | the same, of channels that a gateway serves           |
 * | `CHANNELS`          | channel id       | where messages go                                    |
 * | `CHANNELSTATES`     | channel id       | how that stands: since when it fails, how much it was told this hour |
 * | `SERIES`            | group#subject    | how often in a row the same thing went wrong          |
 * | `NOTIFYSETTINGS`    | `main`           | who hears of what, reports, time zone                |
 * | `REPORTS`           | zone@time        | the day of the last report; `unprotected`: when it was looked for such VMs last |
 * | `SILENT`            | gateway id       | that it was told that this gateway is silent          |
 * | `UNPROTECTED`       | hex digit        | VMs that were told to be unprotected, by the first digit of their UUID |
 */
export const keys = {
  gateway: (gatewayId: string): CatalogKey => ({ pk: 'GATEWAYS', sk: gatewayId }),
  gatewayLife: (gatewayId: string): CatalogKey => ({ pk: 'GATEWAYLIVES', sk: gatewayId }),
  gatewayName: (hash: string): CatalogKey => ({ pk: 'GATEWAYNAMES', sk: hash }),
  guest: (guestUuid: string): CatalogKey => ({ pk: 'GUESTS', sk: guestUuid }),
  guestFacts: (guestUuid: string): CatalogKey => ({ pk: 'GUESTFACTS', sk: guestUuid }),
  drill: (guestUuid: string, recipe: string): CatalogKey => ({
    pk: `DRILLS#${guestUuid}`,
    sk: recipe,
  }),
  guesses: (address: string): CatalogKey => ({ pk: 'GUESSES', sk: address }),
  code: (hash: string): CatalogKey => ({ pk: 'CODES', sk: hash }),
  nonce: (gatewayId: string, jti: string): CatalogKey => ({ pk: `NONCES#${gatewayId}`, sk: jti }),
  pool: (poolUuid: string): CatalogKey => ({ pk: 'POOLS', sk: poolUuid }),
  keeper: (queue: string): CatalogKey => ({ pk: 'KEEPERS', sk: queue }),
  vm: (poolUuid: string, vmUuid: string): CatalogKey => ({
    pk: 'VMS',
    sk: `${poolUuid}#${vmUuid}`,
  }),
  template: (poolUuid: string, vmUuid: string): CatalogKey => ({
    pk: 'TEMPLATES',
    sk: `${poolUuid}#${vmUuid}`,
  }),
  run: (runId: string): CatalogKey => ({ pk: 'RUNS', sk: runId }),
  openRun: (runId: string): CatalogKey => ({ pk: 'OPENRUNS', sk: runId }),
  policyRun: (policyId: string, runId: string): CatalogKey => ({
    pk: `POLICYRUNS#${policyId}`,
    sk: runId,
  }),
  job: (runId: string, jobId: string): CatalogKey => ({ pk: `RUN#${runId}`, sk: jobId }),
  jobList: (runId: string, listId: string, page: number): CatalogKey => ({
    pk: `LISTS#${runId}`,
    sk: `${listId}#${String(page).padStart(4, '0')}`,
  }),
  tally: (runId: string, shard: number): CatalogKey => ({
    pk: `TALLY#${runId}`,
    sk: String(shard).padStart(2, '0'),
  }),
  jobOwner: (jobId: string): CatalogKey => ({ pk: 'JOBS', sk: jobId }),
  vmJob: (vmUuid: string, jobId: string): CatalogKey => ({ pk: `VMJOBS#${vmUuid}`, sk: jobId }),
  openJob: (queue: string, jobId: string): CatalogKey => ({ pk: `OPEN#${queue}`, sk: jobId }),
  look: (runId: string): CatalogKey => ({ pk: 'LOOKS', sk: runId }),
  lookOf: (hash: string): CatalogKey => ({ pk: 'LOOKOF', sk: hash }),
  question: (runId: string, questionId: string): CatalogKey => ({
    pk: `QUESTIONS#${runId}`,
    sk: questionId,
  }),
  point: (pointId: string): CatalogKey => ({ pk: 'POINTS', sk: pointId }),
  vmPoint: (vmUuid: string, pointId: string): CatalogKey => ({
    pk: `POINTS#${vmUuid}`,
    sk: pointId,
  }),
  protectedVm: (vmUuid: string): CatalogKey => ({ pk: 'PROTECTED', sk: vmUuid }),
  replica: (replicaId: string): CatalogKey => ({ pk: 'REPLICAS', sk: replicaId }),
  replicaOf: (poolUuid: string, vmUuid: string): CatalogKey => ({
    pk: 'REPLICAOF',
    sk: `${poolUuid}#${vmUuid}`,
  }),
  outbox: (eventId: string): CatalogKey => ({ pk: 'OUTBOX', sk: eventId }),
  region: (): CatalogKey => ({ pk: 'REGION', sk: 'active' }),
  regionHeard: (): CatalogKey => ({ pk: 'REGION', sk: 'heard' }),
  regionSign: (region: string): CatalogKey => ({ pk: 'REGION', sk: `sign#${region}` }),
  regionSettled: (epoch: number): CatalogKey => ({ pk: 'REGION', sk: `settled#${epoch}` }),
  day: (day: string): CatalogKey => ({ pk: 'DAYS', sk: day }),
  session: (hash: string): CatalogKey => ({ pk: 'SESSIONS', sk: hash }),
  token: (tokenId: string): CatalogKey => ({ pk: 'TOKENS', sk: tokenId }),
  /** Twelve digits, so that sort keys are in the order of the numbers. */
  auditRecord: (chain: string, seq: number): CatalogKey => ({
    pk: `AUDIT#${chain}`,
    sk: String(seq).padStart(12, '0'),
  }),
  auditHead: (chain: string): CatalogKey => ({ pk: 'AUDITHEADS', sk: chain }),
  auditCopy: (chain: string): CatalogKey => ({ pk: 'AUDITCOPIES', sk: chain }),
  idempotent: (hash: string): CatalogKey => ({ pk: 'IDEMPOTENT', sk: hash }),
  notice: (eventId: string): CatalogKey => ({ pk: 'NOTICES', sk: eventId }),
  delivery: (through: 'direct' | 'gateway', channelId: string, eventId: string): CatalogKey => ({
    pk: through === 'direct' ? 'DELIVERIES' : 'DELIVERIES#gateway',
    sk: `${channelId}#${eventId}`,
  }),
  channel: (channelId: string): CatalogKey => ({ pk: 'CHANNELS', sk: channelId }),
  channelState: (channelId: string): CatalogKey => ({ pk: 'CHANNELSTATES', sk: channelId }),
  series: (name: string): CatalogKey => ({ pk: 'SERIES', sk: name }),
  notifySettings: (): CatalogKey => ({ pk: 'NOTIFYSETTINGS', sk: 'main' }),
  report: (name: string): CatalogKey => ({ pk: 'REPORTS', sk: name }),
  silentGateway: (gatewayId: string): CatalogKey => ({ pk: 'SILENT', sk: gatewayId }),
  unprotected: (digit: string): CatalogKey => ({ pk: 'UNPROTECTED', sk: digit }),
  repository: (): CatalogKey => ({ pk: 'REPOSITORIES', sk: 'main' }),
  repositoryReplica: (): CatalogKey => ({ pk: 'REPOSITORIES', sk: 'replica' }),
  replicated: (slot: string, page: number): CatalogKey => ({
    pk: `REPLICATED#${slot}`,
    sk: String(page).padStart(3, '0'),
  }),
  maintenance: (what: 'run' | 'schedule' | 'state' | 'retention'): CatalogKey => ({
    pk: 'MAINTENANCE',
    sk: what,
  }),
  hold: (of: 'point' | 'vm', id: string): CatalogKey => ({ pk: 'HOLDS', sk: `${of}#${id}` }),
  heldLock: (pointId: string): CatalogKey => ({ pk: 'HELDLOCKS', sk: pointId }),
  removal: (pointId: string, jobId: string): CatalogKey => ({
    pk: 'REMOVALS',
    sk: `${pointId}#${jobId}`,
  }),
  use: (of: string, by: string): CatalogKey => ({ pk: `USES#${of}`, sk: by }),
  policy: (policyId: string): CatalogKey => ({ pk: 'POLICIES', sk: policyId }),
  firing: (policyId: string, occasion: string): CatalogKey => ({
    pk: `FIRINGS#${policyId}`,
    sk: occasion,
  }),
  scheduled: (region: string, policyId: string): CatalogKey => ({
    pk: `SCHEDULED#${region}`,
    sk: policyId,
  }),
  site: (siteId: string): CatalogKey => ({ pk: 'SITES', sk: siteId }),
  siteName: (folded: string): CatalogKey => ({ pk: 'SITENAMES', sk: folded }),
  sitePlan: (runId: string, listId: string, page: number): CatalogKey => ({
    pk: `SITEPLAN#${runId}`,
    sk: `${listId}#${String(page).padStart(4, '0')}`,
  }),
  toldPlan: (pointId: string, listId: string, page: number): CatalogKey => ({
    pk: `TOLDPLANS#${pointId}`,
    sk: `${listId}#${String(page).padStart(4, '0')}`,
  }),
  toldPlanRef: (pointId: string): CatalogKey => ({ pk: `TOLDPLANS#${pointId}`, sk: 'told' }),
  siteRestore: (restoreId: string): CatalogKey => ({ pk: 'SITERESTORES', sk: restoreId }),
  /** Five digits, so that sort keys are in the order of the numbers. */
  siteStep: (restoreId: string, number: number): CatalogKey => ({
    pk: `SITESTEPS#${restoreId}`,
    sk: String(number).padStart(5, '0'),
  }),
  componentRestore: (guestUuid: string, componentUuid: string): CatalogKey => ({
    pk: 'COMPONENTRESTORES',
    sk: `${guestUuid}#${componentUuid}`,
  }),
  policyName: (folded: string): CatalogKey => ({ pk: 'POLICYNAMES', sk: folded }),
}
