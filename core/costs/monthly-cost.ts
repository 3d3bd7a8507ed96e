import { type Bill, type BillOptions, billOf, type Service, type Usage } from './bill.ts'
import type { Calls, Counts } from './counts.ts'
import { type Estate, IDLE, SECOND_REGION, type SecondRegion } from './estate.ts'
import { counts } from './latest-counts.ts'
import { TICK_NAMES, TICKS } from './ticks.ts'

/** AWS reckons a month with 730 hours. */
const HOURS = 730
const DAYS = HOURS / 24

/**
 * What is not counted by a bench but set (infra/) or assumed, together, because the bill leans on it. Those of AWS are documented
 * with their service.
 */
const ASSUMED = {
  /** seconds between two calls of a gateway that has nothing to do, and while a run is open; between two heartbeats of a job */
  idlePoll: 20,
  activePoll: 2,
  heartbeat: 30,
  /** inventories a day of one gateway: what has not changed is told each five minutes (gateway-agent/limits.ts) */
  inventories: 288,
  /** memory of a function, GB */
  memory: 0.5,
  /** how long a function runs, seconds: some reads and writes of 5 ms each. Not measured on AWS. */
  duration: 0.06,
  /** bytes of log for each run of a function, each call of the API, each transition */
  logBytes: { function: 700, request: 350, transition: 1_500 },
  /** months that logs are kept, stored at a fifth of their size */
  logMonths: 3,
  logRatio: 0.2,
  /** bytes of a pack */
  pack: 32 * 1024 * 1024,
  /** map and index beside the data */
  metadata: 0.01,
  /** calls of the KMS for each job: its data key is unwrapped once */
  keyRequestsPerBackup: 1,
  /** jobs of the daily maintenance: retention, collection, verification */
  maintenanceJobs: 3,
  /** bytes of the maps for a chunk of a point, all of which verification reads; at worst, no page is shared by two points */
  map: 40,
  chunk: 1024 * 1024,
  /** bytes of an access log for each call of the store, and for how many months they are kept */
  accessLog: 600,
  accessMonths: 12,
  /** days after which the locks of packs that are used again are extended */
  lockEvery: 10,
  /** what a first backup sends is spread over so many months */
  firstBackupOver: 12,
} as const

/**
 * What an estate costs a month. Pure.
 * @param estate what is protected, and how
 * @returns a bill whose lines come from counts of the benches (`counts.asOf`) and list prices (`pricesAsOf`); storage is that of an estate
 *   that has all its points
 */
export const monthlyCost = (estate: Estate, options: BillOptions = {}): Bill =>
  billOf(usageOf(estate), options)

/** What a deployed control plane costs a month with one gateway that has nothing to do. */
export const idleCost = (given: Partial<Estate> = {}, options: BillOptions = {}): Bill =>
  monthlyCost({ ...IDLE, ...given }, options)

/** @param measured of the benches; the newest unless told */
export const usageOf = (
  estate: Estate,
  measured: Counts = counts,
): Partial<Record<Service, Usage>> => {
  const plane = controlPlaneOf(estate, measured)
  const storage = storageOf(estate, measured)
  return {
    'control plane': plane,
    storage,
    keys: { keys: estate.keys, keyRequests: jobsOf(estate) * ASSUMED.keyRequestsPerBackup },
    monitoring: { alarms: estate.alarms, dashboards: estate.dashboards },
    ...(estate.second && {
      'second region': secondRegionOf(estate, estate.second, measured, { plane, storage }),
    }),
  }
}

const controlPlaneOf = (estate: Estate, measured: Counts): Usage => {
  const calls = sum(activitiesOf(estate, measured))
  return {
    ...functionsOf(calls, estate.traced),
    schedulerCalls: estate.runsPerDay * DAYS,
    mails: estate.mailsPerDay * DAYS,
    people: estate.people,
    ...catalogOf(estate, measured),
  }
}

const catalogOf = (estate: Estate, { backupBytes }: Counts): Usage => {
  // Points and jobs that are over are kept for as long as the points are.
  const stored = (estate.vms * Math.max(1, estate.keptPoints) * backupBytes) / 1e9
  return { catalogGbMonths: stored, catalogRecoveryGbMonths: stored }
}

const functionsOf = (calls: Calls, traced: number): Usage => {
  const { logBytes, memory, duration, logMonths, logRatio } = ASSUMED
  const logs =
    (calls.functions * logBytes.function +
      calls.requests * logBytes.request +
      calls.transitions * logBytes.transition) /
    1e9
  return {
    lambdaRequests: calls.functions,
    lambdaGbSeconds: calls.functions * memory * duration,
    httpApiRequests: calls.requests,
    stateTransitions: calls.transitions,
    catalogReads: calls.reads,
    catalogWrites: calls.writes,
    logGb: logs,
    logGbMonths: logs * logMonths * logRatio,
    traces: calls.functions * traced,
  }
}

/** What the control plane does in a month. */
const activitiesOf = (estate: Estate, measured: Counts): Calls[] => {
  const jobs = jobsOf(estate)
  const hoursAtWork = Math.min(HOURS, (jobs * estate.minutesPerBackup) / 60 / estate.atOnce)
  const polls = (hours: number, seconds: number) => (estate.gateways * hours * 3_600) / seconds
  return [
    times(measured.idlePoll, polls(HOURS - hoursAtWork, ASSUMED.idlePoll)),
    times(measured.busyPoll, polls(hoursAtWork, ASSUMED.activePoll)),
    times(measured.heartbeat, (jobs * estate.minutesPerBackup * 60) / ASSUMED.heartbeat),
    times(
      measured.inventory,
      Math.max(estate.gateways, estate.vms / 50) * ASSUMED.inventories * DAYS,
    ),
    times(measured.backup, jobs),
    times(measured.run, (estate.runsPerDay + 1) * DAYS), // and the daily maintenance
    times(measured.backup, ASSUMED.maintenanceJobs * DAYS),
    ...tending(measured),
  ]
}

const tending = ({ ticks }: Counts): Calls[] =>
  TICK_NAMES.map(name => times(ticks[name], (HOURS * 60) / TICKS[name]))

const storageOf = (estate: Estate, { store }: Counts): Usage => {
  const { protectedBytes, dailyChange, storedRatio, keptPoints, backupsPerDay } = estate
  const jobs = jobsOf(estate)
  const stored = storedBytesOf(estate)
  const packs = stored / ASSUMED.pack
  const sentADay = protectedBytes * dailyChange * storedRatio
  // A job ends with a part of a pack.
  const packsSent = Math.max(jobs, (sentADay * DAYS) / ASSUMED.pack) * (backupsPerDay > 0 ? 1 : 0)
  const first = (protectedBytes * storedRatio) / ASSUMED.pack / ASSUMED.firstBackupOver
  const relocked = estate.locked ? (packs * DAYS) / ASSUMED.lockEvery : 0
  const read = estate.locked && keptPoints > 0 ? packs * DAYS * 0.1 : 0
  const verified = packs * DAYS * estate.verifiedPerDay
  const maps = keptPoints * (protectedBytes / ASSUMED.chunk) * ASSUMED.map
  const mapsRead = estate.verifiedPerDay > 0 ? maps * DAYS : 0
  const storagePuts = packsSent + first + jobs * (store.puts + store.lists) + relocked
  const storageGets = jobs * store.gets + relocked + read + verified + mapsRead / ASSUMED.pack
  const calls = storagePuts + storageGets
  const logged = estate.trailed ? 0 : calls * ASSUMED.accessLog * ASSUMED.accessMonths
  return {
    storageGbMonths: (stored + logged) / 1e9,
    storagePuts,
    storageGets,
    internetGb: (verified * ASSUMED.pack + mapsRead) / 1e9,
    ...(estate.trailed && { trailEvents: calls }),
  }
}

/** @returns bytes in the bucket once all points are there */
export const storedBytesOf = ({
  protectedBytes,
  dailyChange,
  storedRatio,
  keptPoints,
  backupsPerDay,
}: Estate): number => {
  if (keptPoints === 0) return 0
  const days = backupsPerDay > 0 ? (keptPoints - 1) / backupsPerDay : 0
  return protectedBytes * storedRatio * (1 + days * dailyChange) * (1 + ASSUMED.metadata)
}

/** Each of two regions writes one a minute (core/region/signs-of-life.ts), and both pay for each. */
const SIGNS_OF_LIFE = 2 * 2 * DAYS * 24 * 60

const secondRegionOf = (
  estate: Estate,
  { objects, controlPlane, timeControl }: SecondRegion,
  measured: Counts,
  { plane, storage }: { plane: Usage; storage: Usage },
): Usage => {
  const sentGb =
    (estate.protectedBytes * estate.storedRatio * estate.dailyChange * DAYS +
      (estate.protectedBytes * estate.storedRatio) / ASSUMED.firstBackupOver) /
    1e9
  const written = storage.storagePuts ?? 0
  const idle = functionsOf(sum(tending(measured)), estate.traced)
  return {
    keys: estate.keys,
    ...(objects && {
      storageGbMonths: storage.storageGbMonths ?? 0,
      storagePuts: written,
      interRegionGb: sentGb,
      metrics: SECOND_REGION.replicationMetrics,
      ...(timeControl && { replicationTimeControlGb: sentGb }),
    }),
    ...(controlPlane && {
      ...idle,
      replicatedCatalogWrites: (plane.catalogWrites ?? 0) + SIGNS_OF_LIFE,
      catalogGbMonths: plane.catalogGbMonths ?? 0,
      catalogRecoveryGbMonths: plane.catalogRecoveryGbMonths ?? 0,
      alarms: SECOND_REGION.alarms,
    }),
  }
}

const jobsOf = ({ vms, backupsPerDay }: Estate): number => vms * backupsPerDay * DAYS

const times = (calls: Calls, by: number): Calls => ({
  requests: calls.requests * by,
  functions: calls.functions * by,
  reads: calls.reads * by,
  writes: calls.writes * by,
  transitions: calls.transitions * by,
})

const sum = (all: readonly Calls[]): Calls =>
  all.reduce((a, b) => ({
    requests: a.requests + b.requests,
    functions: a.functions + b.functions,
    reads: a.reads + b.reads,
    writes: a.writes + b.writes,
    transitions: a.transitions + b.transitions,
  }))
