import { asXenkeepError } from '#core/errors/base.ts'
import { due } from '#core/replication/replica.ts'
import { readReplicas } from '#core/replication/replicas-catalog.ts'
import { beginStep, type StepPorts } from '../replication/steps.ts'
import { takeOver } from '../replication/take-over.ts'
import { eventHandler } from '../runtime.ts'

/** What is refused for the moment; the next call comes anyway, and the replica tells why it failed. */
const PUT_OFF = new Set(['REPLICA_BUSY', 'REPLICA_PHASE', 'GATEWAY_SILENT', 'STANDBY_RUNS'])

/** Looks after standbys: takes over what runs came to, begins rounds that are due and the next steps of failbacks. Called each minute or so. */
export const tendReplicas = (ports: StepPorts) => async () => {
  let begun = 0
  const troubles: unknown[] = []
  for (const found of await readReplicas(ports.catalog))
    try {
      const replica = await takeOver(ports, found)
      const step = due(replica, ports.clock.now())
      if (!step) continue
      await beginStep(ports, replica.replicaId, step)
      begun++
    } catch (error) {
      if (!PUT_OFF.has(asXenkeepError(error).code)) troubles.push(error)
    }
  if (troubles.length > 0) throw troubles[0] // one that is in trouble keeps no other waiting
  return { begun }
}

export const handler = eventHandler(tendReplicas)
