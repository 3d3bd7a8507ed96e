import type { JobSpec } from '../contracts/jobs.ts'
import type { RestoreVmSpec } from '../contracts/restore.ts'

/**
 * By kind: may a job that has ended be done once more, days later, without harm? Between regions its end may not have come over
 * (docs/decisions/0264-done-once-or-asked-for-again.md).
 */
const REPEATABLE: { [K in JobSpec['kind']]: (spec: Extract<JobSpec, { kind: K }>) => boolean } = {
  // The point bears the name of the job: it is found.
  'backup-vm': () => true,
  'backup-pool-metadata': () => true,
  'backup-host': () => true,
  'backup-template': () => true,
  'seal-site-point': () => true,
  // Written to be run twice; and what was stopped must be started again.
  'run-program': () => true,
  'restore-vm': spec => isPlan(spec) || (isNew(spec) && !spec.start),
  'restore-new-disks': ({ wishes }) => wishes.planOnly === true || wishes.attachTo === undefined,
  'rehearse-pool-restore': () => true,
  // On a copy of its own, which it takes away.
  'boot-check': () => true,
  'test-failover': () => true,
  // Writes only to what stands by, untouched since its last round.
  replicate: () => true,
  failover: () => false,
  'fail-back': () => false,
  rejoin: () => false,
  // Asks for leave of each point when it gets there.
  'remove-points': () => true,
  'collect-garbage': () => true,
  // Asks whether each point is still held; locks only grow.
  'lock-held-points': () => true,
  'verify-repository': () => true,
  'compare-replica': () => true,
  'read-site-plan': () => true,
  // Whoever asked has left, or begins anew: the answers were sealed for one page that was open.
  'read-files': () => false,
  'capture-component': () => true,
  // It writes over what is there; whoever leads the restore goes on from a step.
  'restore-component': ({ target }) => target === 'folder',
}

const isPlan = ({ wishes }: RestoreVmSpec): boolean => wishes?.planOnly === true
const isNew = ({ wishes }: RestoreVmSpec): boolean => (wishes?.identity ?? 'new') === 'new'

/**
 * Whether a job may be done again by itself where it is not known if it was done: not, where it writes over a VM that is there, makes another machine the one
 * that is used, or starts one.
 */
export const isRepeatable = (spec: JobSpec): boolean =>
  (REPEATABLE[spec.kind] as (spec: JobSpec) => boolean)(spec)
