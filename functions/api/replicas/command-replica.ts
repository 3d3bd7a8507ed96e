import { keys } from '#core/catalog/keys.ts'
import { SourceRunsError } from '#core/errors/replicas.ts'
import { RoleInsufficientError } from '#core/errors/request.ts'
import type { Pool, StoredVm } from '#core/inventory/inventory.ts'
import type { Person } from '#core/ports.ts'
import { failbackStep, type Replica, resume, stop } from '#core/replication/replica.ts'
import { changeReplica, readReplica } from '#core/replication/replicas-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import {
  beginStep,
  refuseRunningStandby,
  type StepPorts,
  takeOver,
} from '../../replication/steps.ts'
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
        if (overwrite) guardAdministrator(caller)
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

/** Over a VM that was started since the failover: what it has done since then is in no backup. @throws `ROLE_INSUFFICIENT` */
const guardAdministrator = ({ name, role }: Person): void => {
  if (role === 'administrator') return
  const what = 'A failback over a virtual machine that was started since'
  throw new RoleInsufficientError(name, role, 'administrator', what)
}

/** As far as the inventory knows, which is as old as the last word of its gateway. @throws `SOURCE_RUNS` */
const refuseRunningSource = async (
  { catalog, clock }: Pick<Ports, 'catalog' | 'clock'>,
  { originPoolUuid, vmUuid, vmName }: Replica,
): Promise<void> => {
  const vm = (await catalog.get<StoredVm>(keys.vm(originPoolUuid, vmUuid)))?.value
  if (!vm || vm.powerState === 'Halted') return
  const pool = (await catalog.get<Pool>(keys.pool(originPoolUuid)))?.value
  throw new SourceRunsError(vmName, Math.floor((clock.now() - (pool?.seen ?? 0)) / 60_000))
}

export const handler = httpHandler('commandReplica', commandReplica)
