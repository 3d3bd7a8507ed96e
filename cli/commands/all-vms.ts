import { discardedLine } from '#core/policies/discarded.ts'
import type { Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { tell } from '../host.ts'
import { quoted } from '../output/safe-text.ts'

/**
 * UUIDs of the VMs that a backup of everything takes: all that are known but pooled desktops, whose content is discarded, and standbys, which hold what recovery points hold already. One that a
 * failover was begun of may be the machine, so it is taken. Says which are left out.
 */
export const allVms = async ({ client, host }: Pick<Session, 'client' | 'host'>) => {
  const vms = await listAll(client, 'listVms')
  const items = await listAll(client, 'listReplicas')
  const standbys = new Map(
    items.flatMap(({ phase, standby, vmName }) =>
      standby && (phase === 'standing-by' || phase === 'stopped') ? [[standby.uuid, vmName]] : [],
    ),
  )
  for (const { uuid, name } of vms) {
    const vmName = standbys.get(uuid)
    if (vmName === undefined) continue
    tell(
      host,
      `${quoted(name)} is left out: it is the standby of ${quoted(vmName)} and holds what a recovery point holds. Name it to back it up all the same.`,
    )
  }
  const pooled = vms.filter(({ discarded }) => discarded).length
  if (pooled > 0) tell(host, discardedLine(pooled))
  return vms.flatMap(({ uuid, discarded }) => (standbys.has(uuid) || discarded ? [] : [uuid]))
}
