import { keys } from '#core/catalog/keys.ts'
import type { JobSpec } from '#core/contracts/jobs.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { type Gateway, readGateways } from '#core/gateways/gateway.ts'
import { type Pool, readPools } from '#core/inventory/inventory.ts'
import type { ProtectedVm } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { isActive } from '#core/region/region.ts'
import { foretell } from '#core/replication/foretell.ts'
import { failbackStep, type Replica } from '#core/replication/replica.ts'
import { viewReplica } from '#core/replication/replica-view.ts'
import { readReplica } from '#core/replication/replicas-catalog.ts'
import { jobsOfReplica } from '#core/replication/runs-of-replica.ts'
import { specOf, testSpecOf } from '#core/replication/step-specs.ts'
import { explainJob } from '#core/runs/explain.ts'
import { guardServed } from '#core/runs/guard-served.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { runningSource, runningStandby } from '../../replication/running.ts'
import { takeOver } from '../../replication/take-over.ts'
import { httpHandler } from '../../runtime.ts'

type Reply = RouteReply<'getReplica'>

/** All that is known of one standby, and what each command would do with it. */
export const getReplica =
  ({ catalog, clock, region }: Pick<Ports, 'catalog' | 'clock' | 'region'>) =>
  async ({ params: { replicaId } }: RouteCall<'getReplica'>): Promise<Reply> => {
    const now = clock.now()
    const found = await readReplica(catalog, replicaId)
    // Where the region stands by, what runs came to is not written down, and shown as it was.
    const replica = isActive(await region.view())
      ? await takeOver({ catalog, clock }, found)
      : found
    const pools = new Map((await readPools(catalog)).map(pool => [pool.uuid, pool]))
    const origin = pools.get(replica.originPoolUuid)
    const mark = await catalog.get<ProtectedVm>(keys.protectedVm(replica.vmUuid))
    const gateways = await readGateways(catalog)
    const sides = {
      sourceRuns: await runningSource({ catalog, clock }, replica),
      standbyRuns: await runningStandby(catalog, replica),
      originName: origin?.name,
      unserved: unservedOf(replica, gateways),
    }
    const { created, rounds, readBack } = replica
    return {
      replica: viewReplica(replica, mark?.value.newest, now),
      ...{ created, rounds },
      origin: { uuid: replica.originPoolUuid, ...(origin && { name: origin.name }) },
      ...definedBy(replica, origin, pools.get(replica.poolUuid)),
      states: await statesOf(catalog, replica),
      ...(readBack && { readBack }),
      ...(replica.phase === 'failing-back' && { nextStep: failbackStep(replica) }),
      runs: await runsOf(catalog, replica, gateways, now),
      deeds: foretell(replica, sides, now),
    }
  }

const definedBy = (
  { srUuid, networks }: Replica,
  origin: Pool | undefined,
  pool: Pool | undefined,
): Pick<Reply, 'sr' | 'networks'> => {
  const nameIn = (all: readonly { uuid: string; name: string }[] | undefined, wanted: string) =>
    all?.find(({ uuid }) => uuid === wanted)?.name
  const srName = srUuid === undefined ? undefined : nameIn(pool?.srs, srUuid)
  return {
    ...(srUuid !== undefined && {
      sr: { uuid: srUuid, ...(srName !== undefined && { name: srName }) },
    }),
    networks: Object.entries(networks).map(([from, to]) => {
      const fromName = nameIn(origin?.networks, from)
      const toName = nameIn(pool?.networks, to)
      return {
        ...{ from, to },
        ...(fromName !== undefined && { fromName }),
        ...(toName !== undefined && { toName }),
      }
    }),
  }
}

/** The test failover of a state is kept beside the point that it is a copy of. */
const statesOf = async (catalog: Catalog, { standby }: Replica): Promise<Reply['states']> => {
  const states = (standby?.states ?? []).toReversed()
  return someAtOnce(states, async state => {
    const point = (await catalog.get<PointSummary>(keys.point(state.pointId)))?.value
    const test = point?.bootCheck
    return { ...state, ...(test && test.standby?.uuid === standby?.uuid && { test }) }
  })
}

/** Where no gateway serves the pool a command would begin no run. */
const unservedOf = (replica: Replica, gateways: readonly Gateway[]) => {
  const troubleOf = (spec: JobSpec): Error | undefined => {
    try {
      guardServed(gateways, spec)
      return undefined
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }
  return {
    round: troubleOf(specOf(replica, 'round')),
    test: troubleOf(testSpecOf(replica, { timeoutSeconds: 1, keepSeconds: 0 })),
    failover: troubleOf(specOf(replica, 'failover')),
    failback: troubleOf(specOf(replica, failbackStep(replica))),
  }
}

const runsOf = async (
  catalog: Catalog,
  replica: Replica,
  gateways: readonly Gateway[],
  now: number,
): Promise<Reply['runs']> => {
  return (await jobsOfReplica(catalog, replica, 10)).map(job => ({
    ...{ runId: job.runId, jobId: job.jobId, kind: job.spec.kind, asked: job.created },
    state: job.state,
    ...(job.outcome && { status: job.outcome.status }),
    line: explainJob(job, gateways, now),
  }))
}

export const handler = httpHandler('getReplica', getReplica)
