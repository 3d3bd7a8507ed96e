import type { OpenProblem } from '../contracts/overview-api.ts'
import type { Catalog } from '../ports.ts'
import { ageOf } from '../replication/replica-age.ts'
import { readReplicas } from '../replication/replicas-catalog.ts'
import type { EstateLook } from './estate.ts'
import { namesText } from './words.ts'

/** Standbys that rounds do not keep up. A round that failed is told as every run is. */
export const standbyProblems = async (
  catalog: Catalog,
  { points }: EstateLook,
  now: number,
): Promise<OpenProblem[]> => {
  const newest = new Map(points.map(point => [point.uuid, point.newest]))
  return (await readReplicas(catalog)).flatMap((replica): OpenProblem[] => {
    const age = ageOf(replica, newest.get(replica.vmUuid), now)
    if (age.state !== 'behind') return []
    const { replicaId, vmName, poolName } = replica
    return [
      {
        ...{ kind: 'standby-behind', standing: 'warning' },
        text: `The standby of ${namesText([vmName])} in the pool ${namesText([poolName])} is behind. ${age.text}`,
        go: { to: 'replica', id: replicaId },
      },
    ]
  })
}
