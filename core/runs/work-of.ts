import type { GuestJobSpec, JobSpec, PoolJobSpec } from '../contracts/jobs.ts'

/** Where jobs wait that need no pool: for the gateway that keeps the repository. */
export const REPOSITORY_QUEUE = 'repository'
/** Looks at files: for the same gateway, and beside all that waits there, since somebody sits in front of it. */
export const FILES_QUEUE = 'files'

/** Queues whose jobs go to a gateway that is marked for maintenance. */
export const isOfRepository = (queue: string): boolean =>
  queue === REPOSITORY_QUEUE || queue === FILES_QUEUE

/** Where jobs of a guest wait, for its agent alone. No UUID of a pool, so that no gateway gets them by saying that it serves such a pool. */
export const guestQueue = (guestUuid: string): string => `guest-${guestUuid}`

/** @returns the guest whose jobs wait in a queue, if it is one of a guest */
export const guestOf = (queue: string): string | undefined => /^guest-(.+)$/.exec(queue)?.[1]

type PoollessSpec = Exclude<JobSpec, PoolJobSpec | GuestJobSpec>

const REPOSITORY_KINDS: Record<PoollessSpec['kind'], true> = {
  ...{ 'remove-points': true, 'collect-garbage': true, 'verify-repository': true },
  ...{ 'lock-held-points': true, 'compare-replica': true, 'read-files': true },
  'read-site-plan': true,
}

/** Whether a job is for the repository itself, or for what lies in it, and needs no pool. */
export const isForRepository = (spec: JobSpec): spec is PoollessSpec =>
  spec.kind in REPOSITORY_KINDS

/** Whether a job is for the agent in one guest. */
export const isForGuest = (spec: JobSpec): spec is GuestJobSpec => 'guestUuid' in spec

export const isForPool = (spec: JobSpec): spec is PoolJobSpec =>
  !isForRepository(spec) && !isForGuest(spec)

/** UUID of the VM that a job is about, or of the pool, host, template or component. */
export const objectOf = (spec: JobSpec): string | undefined => {
  if (isForGuest(spec)) return spec.componentUuid
  return 'vmUuid' in spec ? spec.vmUuid : undefined
}

/** Which queue a job waits in: its pool's (a UUID), its guest's, that of the repository, or that of looks at files. One gateway at a time gets the jobs of a queue. */
export const queueOf = (spec: JobSpec): string => {
  if (isForPool(spec)) return spec.poolUuid
  if (isForGuest(spec)) return guestQueue(spec.guestUuid)
  return spec.kind === 'read-files' ? FILES_QUEUE : REPOSITORY_QUEUE
}

/** What a job is about, for lists: a VM's name, or what is done with the repository. */
export const subjectOf = (spec: JobSpec): string => {
  switch (spec.kind) {
    case 'remove-points': {
      const [first] = spec.points
      if (spec.points.length === 1 && first) return `a recovery point of ${first.vmName}`
      return `${spec.points.length} recovery points`
    }
    case 'collect-garbage':
      return 'garbage collection'
    case 'verify-repository':
      return 'verification'
    case 'compare-replica':
      return 'comparison with the second copy'
    case 'run-program':
      return `the program "${spec.script}" ${spec.when} the run`
    case 'read-files':
      return `files of ${spec.vmName}`
    case 'read-site-plan':
      return `the restore plan of ${spec.vmName}`
    case 'seal-site-point':
      return `the site point of ${spec.vmName}`
    case 'lock-held-points':
      return `object locks of ${spec.points.length} held recovery points`
    case 'capture-component':
    case 'restore-component':
      return spec.name
    default:
      return spec.vmName
  }
}

/**
 * Whether a job comes after all members of its run, and no wish to cancel ends it: what the program before the run stopped has to be started again; and what was made
 * of a site until then is told in its point.
 */
export const comesLast = ({ spec }: { spec: JobSpec }): boolean =>
  spec.kind === 'seal-site-point' || (spec.kind === 'run-program' && spec.when === 'after')
