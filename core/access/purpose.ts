import type { JobSpec } from '../contracts/jobs.ts'

/**
 * What storage credentials are for.
 * - `backup`: create objects, read, list, extend locks; nothing is overwritten, unlocked or deleted
 * - `restore`: read and list
 * - `proof`: `restore`, and what a boot check found out is kept beside the point
 * - `maintenance`: expire, collect and verify; the only one that deletes, versions that no lock holds
 * - `hold`: read, list, extend locks of points under a legal hold, no further than the hold asks
 * - `compare`: read and list the second copy of the repository, and nothing of the first
 * - `look`: of no job: points, index and key slots, so that catalog and pools are kept in step; no data of any guest
 */
export type Purpose = 'backup' | 'restore' | 'proof' | 'maintenance' | 'hold' | 'compare' | 'look'

const PURPOSES: Record<JobSpec['kind'], Purpose> = {
  'backup-vm': 'backup',
  'backup-pool-metadata': 'backup',
  'backup-host': 'backup',
  'backup-template': 'backup',
  'seal-site-point': 'backup',
  'restore-vm': 'restore',
  'restore-new-disks': 'restore',
  'rehearse-pool-restore': 'restore',
  'boot-check': 'proof',
  replicate: 'restore',
  failover: 'restore',
  'test-failover': 'proof',
  'fail-back': 'restore',
  rejoin: 'restore',
  // It opens no repository, and asks for no credentials.
  'run-program': 'look',
  'remove-points': 'maintenance',
  'collect-garbage': 'maintenance',
  'verify-repository': 'maintenance',
  'lock-held-points': 'hold',
  'compare-replica': 'compare',
  'read-files': 'restore',
  'read-site-plan': 'restore',
  'capture-component': 'backup',
  'restore-component': 'restore',
}

export const purposeOf = (kind: JobSpec['kind']): Purpose => PURPOSES[kind]
