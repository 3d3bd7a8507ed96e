import type { JobSpec } from '../contracts/jobs.ts'
import { GatewaySilentError } from '../errors/control.ts'
import { GuestNotFoundError } from '../errors/guests.ts'
import { NoMaintenanceGatewayError } from '../errors/maintenance.ts'
import type { Gateway } from '../gateways/gateway.ts'
import { quoted, servingQueue, subjectInWords } from './explain.ts'
import { isForGuest, isForPool, queueOf } from './work-of.ts'

/** @throws `GATEWAY_SILENT`, `NO_MAINTENANCE_GATEWAY`, `GUEST_NOT_FOUND` where nobody serves the queue of the job */
export const guardServed = (gateways: readonly Gateway[], spec: JobSpec): void => {
  if (servingQueue(queueOf(spec), gateways).length > 0) return
  // What a restore keeps on a guest that is gone is nobody's any more; it is given up all the same.
  if (spec.kind === 'restore-component' && spec.steps && 'giveUp' in spec.steps) return
  if (isForGuest(spec)) throw new GuestNotFoundError(spec.guestUuid)
  if (spec.kind === 'read-files')
    throw new NoMaintenanceGatewayError('no files of a point can be looked at')
  if (!isForPool(spec)) throw new NoMaintenanceGatewayError()
  // A gateway that never reached a pool does not know which it is.
  const [trouble] = gateways.flatMap(({ name, unreachable = [] }) =>
    unreachable.map(
      ({ address, problem }) =>
        ` Gateway ${quoted(name)} cannot use the pool at ${address}: ${problem}`,
    ),
  )
  throw new GatewaySilentError(
    `No enrolled gateway serves the pool ${spec.poolUuid} of ${subjectInWords(spec)}.${trouble ?? ''}`,
  )
}
