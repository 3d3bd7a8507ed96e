import type { JobSpec, PoolJobSpec, RepositoryJobSpec } from '../contracts/jobs.ts'

/** Where jobs wait that need no pool: for the gateway that keeps the repository. */
export const REPOSITORY_QUEUE = 'repository'

const REPOSITORY_KINDS: Record<RepositoryJobSpec['kind'], true> = {
  ...{ 'remove-points': true, 'collect-garbage': true, 'verify-repository': true },
  ...{ 'lock-held-points': true, 'compare-replica': true },
}

/** Whether a job is for the repository itself, and needs no pool. */
export const isForRepository = (spec: JobSpec): spec is RepositoryJobSpec =>
  spec.kind in REPOSITORY_KINDS

export const isForPool = (spec: JobSpec): spec is PoolJobSpec => !isForRepository(spec)

/** Which queue a job waits in: its pool's (a UUID), or that of the repository. One gateway at a time gets the jobs of a queue. */
export const queueOf = (spec: JobSpec): string =>
  isForPool(spec) ? spec.poolUuid : REPOSITORY_QUEUE

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
    case 'lock-held-points':
      return `object locks of ${spec.points.length} held recovery points`
    default:
      return spec.vmName
  }
}

/** Whether a job is the program after its run, which no wish to cancel ends: what was stopped has to be started again. */
export const comesLast = ({ spec }: { spec: JobSpec }): boolean =>
  spec.kind === 'run-program' && spec.when === 'after'
