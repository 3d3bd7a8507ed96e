import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { VmNotFoundError } from '#core/errors/control.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { type Pool, readPools, type StoredVm } from '#core/inventory/inventory.ts'
import { leftOutDisks } from '#core/inventory/left-out.ts'
import { withLocks } from '#core/maintenance/held-locks.ts'
import { readHolds } from '#core/maintenance/holds.ts'
import { damagedPoints, pointsWithDamage } from '#core/maintenance/points-with-damage.ts'
import { OLD_AFTER_DAYS, proofLine, proofOf } from '#core/points/boot-proof.ts'
import { newestCheck } from '#core/points/checked.ts'
import { countPoints } from '#core/points/count-points.ts'
import { isOpenChange, unexplained } from '#core/points/open-change.ts'
import type { ProtectedVm } from '#core/points/points-catalog.ts'
import { readPolicies } from '#core/policies/policies-catalog.ts'
import { membersOf, protects } from '#core/policies/selection.ts'
import { standingBy } from '#core/policies/standing-by.ts'
import { replicaLine } from '#core/replication/replica-line.ts'
import { readReplicas } from '#core/replication/replicas-catalog.ts'
import { explainJob } from '#core/runs/explain.ts'
import { lastJobsOf } from '#core/runs/runs-of-vm.ts'
import { readSiteVms } from '#core/sites/site-vms.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { protectionOf, viewVm } from './list-vms.ts'

type Reader = Pick<Ports, 'catalog' | 'clock' | 'repositoryAddress'>
type Reply = RouteReply<'getVm'>

/** All that is known of one VM; points and runs have lists of their own. */
export const getVm =
  (ports: Reader) =>
  async ({ params: { vmUuid } }: RouteCall<'getVm'>): Promise<Reply> => {
    const { catalog, clock } = ports
    const now = clock.now()
    const [found, mark, points] = await Promise.all([
      inInventory(catalog, vmUuid),
      catalog.get<ProtectedVm>(keys.protectedVm(vmUuid)),
      pointsOf(catalog, vmUuid),
    ])
    const name = found?.vm.name ?? mark?.value.name
    if (name === undefined) throw new VmNotFoundError(vmUuid)
    return {
      uuid: vmUuid,
      name,
      ...(found && { seen: found.pool.seen }),
      ...(await ofInventory(ports, found?.vm, mark?.value)),
      replicas: await replicasOf(catalog, vmUuid, now),
      holds: await holdsOn(ports, vmUuid, points, now),
      points: countPoints(points, now),
      ...(isOpenChange(mark?.value.unusual, now) && { unusual: mark.value.unusual }),
      ...beforeChange(points),
      ...proofOfVm(mark?.value, points, now),
      runs: await runsOf(catalog, vmUuid, now),
    }
  }

/** While a VM moves, two pools may know it: the one that was told of last counts. */
const inInventory = async (
  catalog: Ports['catalog'],
  vmUuid: string,
): Promise<{ vm: StoredVm; pool: Pool } | undefined> => {
  const pools = (await readPools(catalog)).sort((a, b) => b.seen - a.seen)
  const found = await Promise.all(
    pools.map(({ uuid }) => catalog.get<StoredVm>(keys.vm(uuid, vmUuid))),
  )
  return pools.flatMap((pool, index) => {
    const vm = found[index]?.value
    return vm ? [{ vm, pool }] : []
  })[0]
}

const pointsOf = async (catalog: Ports['catalog'], vmUuid: string): Promise<PointSummary[]> =>
  pointsWithDamage(catalog, vmUuid, await damagedPoints(catalog))

const proofOfVm = (
  mark: ProtectedVm | undefined,
  points: readonly PointSummary[],
  now: number,
): Pick<Reply, 'proof'> => {
  if (!mark) return {}
  const known = { ...mark, checked: newestCheck(points, mark.checked) }
  const { checked } = known
  return {
    proof: {
      proof: proofOf(known, now, OLD_AFTER_DAYS),
      line: proofLine(known, now).slice(0, 2_000),
      ...(checked && !checked.gone && { pointId: checked.pointId }),
    },
  }
}

const ofInventory = async (
  ports: Reader,
  vm: StoredVm | undefined,
  mark: ProtectedVm | undefined,
): Promise<Pick<Reply, 'vm' | 'policies' | 'leftOut'>> => {
  if (!vm) return { policies: [], leftOut: [] }
  const { catalog } = ports
  const policies = (await readPolicies(catalog)).map(({ value }) => value.policy)
  const standbys = await standingBy(catalog)
  const { takes: sites } = await readSiteVms(catalog, policies, {
    standbys,
    now: ports.clock.now(),
  })
  const inventory = { vms: [vm], standbys, policies, sites }
  const taking = policies.flatMap(policy =>
    membersOf(policy, inventory).chosen.map(({ why }) => ({ policy, why })),
  )
  return {
    vm: await viewVm(ports, vm, mark, await protectionOf(ports, [vm])),
    policies: taking.map(({ policy, why }) => ({
      policyId: policy.policyId,
      name: policy.name,
      why: why.slice(0, 2_000),
      protects: protects(policy),
    })),
    leftOut: leftOutDisks(
      vm,
      taking.map(({ policy }) => policy),
    ),
  }
}

/** Whoever reads of signs of encryption asks first what is left from before them. */
const beforeChange = (points: readonly PointSummary[]): Pick<Reply, 'beforeChange'> => {
  const found = unexplained(points)
  if (!found) return {}
  const { before } = found
  if (!before) return { beforeChange: { text: 'No good point from before it is left.' } }
  const { pointId, taken } = before
  const text =
    'The newest point from before it stays until somebody says why, whatever policies keep.'
  return { beforeChange: { text, pointId, taken } }
}

const replicasOf = async (
  catalog: Ports['catalog'],
  uuid: string,
  now: number,
): Promise<Reply['replicas']> =>
  (await readReplicas(catalog))
    .filter(({ vmUuid, standby }) => vmUuid === uuid || standby?.uuid === uuid)
    .map(replica => ({
      replicaId: replica.replicaId,
      isStandby: replica.standby?.uuid === uuid,
      line: replicaLine(replica, now),
    }))

const holdsOn = async (
  { catalog, repositoryAddress }: Reader,
  vmUuid: string,
  points: readonly PointSummary[],
  now: number,
): Promise<Reply['holds']> => {
  const ids = new Set(points.map(({ pointId }) => pointId))
  const holds = (await readHolds(catalog)).filter(
    ({ pointId, vmUuid: held, until = Number.POSITIVE_INFINITY }) =>
      until > now && (held === vmUuid || (pointId !== undefined && ids.has(pointId))),
  )
  return withLocks(catalog, holds, { now, address: repositoryAddress })
}

const runsOf = async (
  catalog: Ports['catalog'],
  vmUuid: string,
  now: number,
): Promise<Reply['runs']> => {
  const gateways = await readGateways(catalog)
  return (await lastJobsOf(catalog, vmUuid, 10)).map(job => ({
    ...{ runId: job.runId, jobId: job.jobId, kind: job.spec.kind, asked: job.created },
    state: job.state,
    ...(job.outcome && { status: job.outcome.status }),
    line: explainJob(job, gateways, now),
  }))
}

export const handler = httpHandler('getVm', getVm)
