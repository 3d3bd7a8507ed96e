import { CLOUD_SHARE } from '../maintenance/daily-share.ts'

/** What is protected, and how: what a bill is reckoned from. */
export interface Estate {
  gateways: number
  vms: number
  /** bytes of data on the disks of all VMs together */
  protectedBytes: number
  /** share of the data (by chunks of 1 MiB) that a day changes: 0.03 */
  dailyChange: number
  /** backups of each VM a day; 0 where nothing is backed up */
  backupsPerDay: number
  /** runs a day, of all policies together */
  runsPerDay: number
  /** points kept of each VM */
  keptPoints: number
  /** stored bytes for a byte of data, after what is known already and compression */
  storedRatio: number
  /** how long one backup takes at the gateway */
  minutesPerBackup: number
  /** backups at once, of all gateways together */
  atOnce: number
  /** whether points are locked: then locks of packs that are used again are asked for and extended */
  locked: boolean
  /** days that points are locked at least */
  lockDays: number
  /** people who sign in during a month */
  people: number
  alarms: number
  dashboards: number
  /** multi-Region keys count once here, their replicas with the second region */
  keys: number
  /** X-Ray follows so large a share of the runs of functions and machines */
  traced: number
  mailsPerDay: number
  /** of the packs, what the daily maintenance reads at a gateway outside of AWS */
  verifiedPerDay: number
  /** CloudTrail records who touches which object (`repository.accessLog`) */
  trailed: boolean
  second?: SecondRegion
}

export interface SecondRegion {
  /** the objects are replicated to a bucket there */
  objects: boolean
  /** the catalog is replicated there and a control plane stands by */
  controlPlane: boolean
  /** S3 Replication Time Control: within 15 minutes, by contract */
  timeControl: boolean
}

/** One gateway and nobody to protect, as it is after `cdk deploy` and an enrolment. */
export const IDLE: Estate = {
  gateways: 1,
  vms: 0,
  protectedBytes: 0,
  dailyChange: 0,
  backupsPerDay: 0,
  runsPerDay: 0,
  keptPoints: 0,
  storedRatio: 0,
  minutesPerBackup: 0,
  atOnce: 1,
  locked: true,
  lockDays: 30,
  people: 1,
  alarms: 11,
  dashboards: 0,
  keys: 1,
  traced: 0,
  mailsPerDay: 1,
  verifiedPerDay: CLOUD_SHARE,
  trailed: false,
}

/** What a second region adds, however little is done: alarms of both regions about each other and of its own, and S3's metrics of replication. */
export const SECOND_REGION = { alarms: 14, replicationMetrics: 4 } as const

const TB = 1e12

/**
 * An estate of so many VMs, backed up each night with 30 points kept.
 * @param given what is different
 */
export const nightly = (
  given: Pick<Estate, 'vms' | 'protectedBytes'> & Partial<Estate>,
): Estate => ({
  ...IDLE,
  gateways: Math.max(1, Math.ceil(given.vms / 250)),
  dailyChange: 0.03,
  backupsPerDay: 1,
  runsPerDay: 1,
  keptPoints: 30,
  storedRatio: 0.4,
  minutesPerBackup: 5,
  atOnce: 4 * Math.max(1, Math.ceil(given.vms / 250)),
  people: 5,
  mailsPerDay: 2,
  ...given,
})

/** The estates of docs/cost.md. */
export const EXAMPLES = {
  '50 VMs, 10 TB': nightly({ vms: 50, protectedBytes: 10 * TB }),
  '1,000 VMs, 100 TB': nightly({ vms: 1_000, protectedBytes: 100 * TB, runsPerDay: 10 }),
} as const
