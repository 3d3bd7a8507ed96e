import type { StepResult } from '#core/contracts/guest-jobs.ts'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'

/** Words for runs wherever they are shown. */
export const run = {
  kinds: {
    backup: 'Backup',
    restore: 'Restore',
    'boot-check': 'Boot check',
    replication: 'Replication',
    failover: 'Failover',
    maintenance: 'Maintenance',
    files: 'Look at files',
  } satisfies Record<RunView['kind'], string>,
  states: {
    waiting: 'Waits for approval',
    running: 'At work',
    succeeded: 'Succeeded',
    warning: 'With problems',
    failed: 'Failed',
    cancelled: 'Cancelled',
    'action-required': 'Stopped for a person',
  } satisfies Record<RunView['state'], string>,
  loading: 'Loading the run …',
  gone: 'This run is not there any more',
  goneAdvice: 'It was removed with the records of its time, or the address is not that of a run.',
  failed: 'How the run stands could not be loaded',
  stale:
    'How the run stands could not be looked at just now. The run itself goes on; this page tries again by itself.',
  timeLeft: (text: string) => `Time left: ${text}`,
  work: (done: string, total: string) => `${done} of ${total}`,
  rate: (text: string) => `${text}/s`,
  secondsLeft: (text: string) => `${text} left`,
  disk: (userdevice: string) => `Disk ${userdevice}`,
  disks: (done: number, total: number) =>
    `${done} of ${total} ${total === 1 ? 'disk' : 'disks'} done`,
  readAndStored: (read: string, stored: string) => `${read} read, ${stored} stored`,
  resumed: (done: string) => `${done} of that were done by an earlier attempt`,
  moreJobs: (shown: number) => `The first ${shown} are shown; the run's own page has all.`,
} as const

/** Steps of a restore of a component. */
export const componentSteps = {
  title: 'Steps',
  states: {
    done: 'Done',
    now: 'Now',
    failed: 'Failed',
    manual: 'A person does this',
    'left-out': 'Left out',
    'not-begun': 'To come',
  } satisfies Record<StepResult['result'] | 'now', string>,
} as const

/** What a job is, for headings. */
export const jobKind: Record<JobView['spec']['kind'], string> = {
  'backup-vm': 'Backup of a virtual machine',
  'backup-template': 'Backup of a template',
  'backup-pool-metadata': 'Backup of a pool’s database',
  'backup-host': 'Backup of a host',
  'restore-vm': 'Restore of a virtual machine',
  'restore-new-disks': 'Restore of disks',
  'rehearse-pool-restore': 'Rehearsal',
  'boot-check': 'Boot check',
  replicate: 'Round of a standby',
  failover: 'Failover',
  'test-failover': 'Test failover',
  'fail-back': 'Failback',
  rejoin: 'Return of a standby',
  'run-program': 'Program',
  'remove-points': 'Removal of recovery points',
  'collect-garbage': 'Garbage collection',
  'verify-repository': 'Verification',
  'compare-replica': 'Comparison of the second copy',
  'lock-held-points': 'Object locks of held points',
  'read-files': 'Look at files',
  'seal-site-point': 'Site point',
  'read-site-plan': 'Plan of a site point',
  'capture-component': 'Backup of a component',
  'restore-component': 'Restore of a component',
}
