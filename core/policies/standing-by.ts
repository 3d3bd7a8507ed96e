import type { Catalog } from '../ports.ts'
import { readReplicas } from '../replication/replicas-catalog.ts'

/** UUIDs of the VMs that are standbys of replication. One that a failover was begun of may be the machine, and is not counted. */
export const standingBy = async (catalog: Catalog): Promise<Set<string>> =>
  new Set(
    (await readReplicas(catalog)).flatMap(({ phase, standby }) =>
      standby && (phase === 'standing-by' || phase === 'stopped') ? [standby.uuid] : [],
    ),
  )
