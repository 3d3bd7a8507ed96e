import { purposeOf } from '#core/access/purpose.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { ApprovalMissingError } from '#core/errors/access.ts'
import { EpochOutdatedError } from '#core/errors/control.ts'
import { toHex } from '#core/ids.ts'
import { guardWorker } from '#core/maintenance/guard-worker.ts'
import { confirmedRepository, repositoryIdOf } from '#core/points/repository-id.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

const DAY = 24 * 60 * 60_000 // ms

type CredentialsPorts = Pick<
  Ports,
  'catalog' | 'clock' | 'random' | 'repositoryAddress' | 'secondCopy' | 'grants'
>

/** Where the repository is, and what a leased job may do there, or in its second copy; without a job, to look which points there are. */
export const credentials =
  (ports: CredentialsPorts) =>
  async ({ params, body }: RouteCall<'credentials'>): Promise<RouteReply<'credentials'>> => {
    const { catalog, random, repositoryAddress, secondCopy, grants } = ports
    const { gatewayId } = params
    const wanted = await purposeIn(ports, gatewayId, body)
    const grant = await grants.issue({
      gatewayId,
      ...wanted,
      repositoryId: await confirmedRepository(catalog),
    })
    const newId = toHex(random.bytes(16))
    return {
      repositoryId: await repositoryIdOf(catalog, newId),
      address: repositoryAddress,
      ...(grant && { grant }),
      ...(wanted.purpose === 'compare' && secondCopy && { secondCopy }),
    }
  }

/** @throws `APPROVAL_MISSING`; `EPOCH_OUTDATED` for a job that the gateway does not hold, or may not do, any more; `JOB_NOT_FOUND` */
const purposeIn = async (
  { catalog, clock }: CredentialsPorts,
  gatewayId: string,
  { jobId, epoch }: RouteCall<'credentials'>['body'],
) => {
  if (jobId === undefined) return { purpose: 'look' as const }
  const { epoch: current, lease, state, spec, runId } = (await readJob(catalog, jobId)).value
  if (state === 'finished' || lease?.gatewayId !== gatewayId || epoch !== current)
    throw new EpochOutdatedError(jobId)
  await guardWorker(catalog, { jobId, spec }, gatewayId)
  const purpose = purposeOf(spec.kind)
  // Jobs of a run that waits are in no queue; what a mistake puts there is stopped here.
  if (purpose === 'restore' && (await readRun(catalog, runId)).value.state !== 'running')
    throw new ApprovalMissingError(runId)
  if (spec.kind === 'lock-held-points')
    return { jobId, purpose, lock: lockUpTo(spec.until, clock.now()) }
  const lock = 'lock' in spec ? spec.lock : undefined
  return { jobId, purpose, lock }
}

/** A hold locks in the mode that is there already, at least in the weaker one. */
const lockUpTo = (until: number, now: number): LockPolicy => ({
  mode: 'governance',
  days: Math.max(1, Math.ceil((until - now) / DAY)),
})

export const handler = httpHandler('credentials', credentials)
