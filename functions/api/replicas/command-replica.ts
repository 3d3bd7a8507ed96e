import { RoleInsufficientError } from '#core/errors/request.ts'
import { failbackStep, resume, stop } from '#core/replication/replica.ts'
import { changeReplica, readReplica } from '#core/replication/replicas-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { refuseRunningSource, refuseRunningStandby } from '../../replication/running.ts'
import { beginStep, type StepPorts } from '../../replication/steps.ts'
import { takeOver } from '../../replication/take-over.ts'
import { beginTest } from '../../replication/test-failover.ts'
import { endsAtOnce } from '../../runs/begin-run.ts'
import { httpHandler } from '../../runtime.ts'

/** A round now, failover, failback, stop, resume. */
export const commandReplica =
  (ports: StepPorts) =>
  async ({
    params: { replicaId },
    body,
    caller,
    settle,
    withdraw,
  }: RouteCall<'commandReplica'>): Promise<RouteReply<'commandReplica'>> => {
    const { catalog, clock } = ports
    const once = {
      beside: (runId: string) => (settle ? [settle({ replicaId, runId })] : []),
      notStarted: endsAtOnce(withdraw),
      startedBy: caller.name,
    }
    const replica = await takeOver(ports, await readReplica(catalog, replicaId))
    switch (body.command) {
      case 'round':
        return { replicaId, runId: await beginStep(ports, replicaId, 'round', {}, once) }
      case 'failover': {
        if (!body.force) await refuseRunningSource(ports, replica)
        return { replicaId, runId: await beginStep(ports, replicaId, 'failover', body, once) }
      }
      case 'failback': {
        // It writes over the VM that it goes back to (core/access/approval.ts).
        if (caller.role !== 'administrator')
          throw new RoleInsufficientError(caller.name, caller.role, 'administrator')
        await refuseRunningStandby(catalog, replica)
        const { full, overwrite } = body
        const wishes = { failback: { full, overwrite } }
        return {
          replicaId,
          runId: await beginStep(ports, replicaId, failbackStep(replica), wishes, once),
        }
      }
      case 'test': {
        const { command: _, ...wishes } = body
        return { replicaId, runId: await beginTest(ports, replica, wishes, once) }
      }
      case 'stop':
        await changeReplica(catalog, replicaId, stop)
        return { replicaId }
      case 'resume':
        await changeReplica(catalog, replicaId, found => resume(found, clock.now()))
        return { replicaId }
    }
  }

export const handler = httpHandler('commandReplica', commandReplica)
