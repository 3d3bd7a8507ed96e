import type { JobSpec } from '../contracts/jobs.ts'
import { EpochOutdatedError } from '../errors/control.ts'
import { readGateway } from '../gateways/gateway.ts'
import type { Catalog } from '../ports.ts'
import { isForRepository } from '../runs/work-of.ts'

/**
 * Whether a gateway may go on with a job of the repository: the mark may have been taken from it since it leased the job.
 * @throws `EPOCH_OUTDATED` where it has the mark no more, `GATEWAY_UNKNOWN`
 */
export const guardWorker = async (
  catalog: Catalog,
  { jobId, spec }: { jobId: string; spec: JobSpec },
  gatewayId: string,
): Promise<void> => {
  if (!isForRepository(spec)) return
  if (!(await readGateway(catalog, gatewayId)).maintenance) throw new EpochOutdatedError(jobId)
}
