import type { JobSpec } from '../contracts/jobs.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { lastJobsOf } from '../runs/runs-of-vm.ts'
import type { Replica } from './replica.ts'

/** Jobs of each of both VMs that are looked at: the backups of the VM stand between the rounds. */
const LOOKED_AT = 60

/** The jobs of a replica, newest first: rounds, failovers and tests, and what a failback consists of. */
export const jobsOfReplica = async (
  catalog: Catalog,
  replica: Pick<Replica, 'replicaId' | 'vmUuid' | 'standby'>,
  most: number,
): Promise<Job[]> => {
  const vms = [replica.vmUuid, ...(replica.standby ? [replica.standby.uuid] : [])]
  const jobs = await Promise.all(vms.map(uuid => lastJobsOf(catalog, uuid, LOOKED_AT)))
  return jobs
    .flat()
    .filter(({ spec }) => isOf(replica, spec))
    .sort((a, b) => (a.jobId < b.jobId ? 1 : -1))
    .slice(0, most)
}

const isOf = (
  { replicaId, standby }: Pick<Replica, 'replicaId' | 'standby'>,
  spec: JobSpec,
): boolean => {
  switch (spec.kind) {
    case 'replicate':
    case 'failover':
    case 'test-failover':
    case 'rejoin':
      return spec.replicaId === replicaId
    // The VM may have other standbys.
    case 'fail-back':
    case 'backup-vm':
      return spec.vmUuid === standby?.uuid
    default:
      return false
  }
}
