import type { LockPolicy } from '#core/contracts/points.ts'
import type { Policy } from '#core/contracts/policies.ts'
import type { SiteTask } from '#core/contracts/site-graph.ts'
import { SiteEmptyError, SiteNotFoundError } from '#core/errors/sites.ts'
import type { StoredVm } from '#core/inventory/inventory.ts'
import { excludedDisksOf } from '#core/policies/selection.ts'
import type { Catalog } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import { limits } from '#core/runs/limits.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import { expand } from '#core/site/expand.ts'
import type { SiteInventory } from '#core/site/known.ts'
import { readSiteInventory } from '#core/sites/site-inventory.ts'
import { siteUuid } from '#core/sites/site-uuid.ts'
import { readSite, readSites, type StoredSite, siteNamed } from '#core/sites/sites-catalog.ts'
import { shortOrder } from '#core/sites/task-order.ts'
import { knownSiteGuests } from '../sites/known-guests.ts'
import type { Plan, PlanRequest } from './plan.ts'
import { specOfTask } from './site-task.ts'

/** A backup of a site that a person asks for: its points expire by no policy. */
export const planSite: PlanRequest<'site'> = async (catalog, { siteId, lock }, now) =>
  (await planOfSite(catalog, (await readSite(catalog, siteId)).value, { lock, now })).plan

/** What a policy that backs up a site comes to. @throws `SITE_NOT_FOUND`, `SITE_EMPTY` */
export const planSitePolicy = async (
  catalog: Catalog,
  { policy, wanted, now }: { policy: Policy; wanted: string; now: number },
): Promise<{ plan: Plan; inventory: SiteInventory<StoredVm>; vms: StoredVm[] }> => {
  const site = siteNamed(await readSites(catalog), wanted)
  if (!site) throw new SiteNotFoundError(wanted)
  return planOfSite(catalog, site.value, { policy, lock: policy.lock, now })
}

/**
 * A job for each task of a site, in the order that the site asks for, and one that seals its point.
 * @throws `SITE_EMPTY`
 */
const planOfSite = async (
  catalog: Catalog,
  { siteId, site }: StoredSite,
  { policy, lock, now }: { policy?: Policy; lock: LockPolicy | undefined; now: number },
) => {
  const [inventory, guests] = await Promise.all([
    readSiteInventory(catalog),
    knownSiteGuests(catalog),
  ])
  const graph = expand(site, inventory, guests, now)
  const { tasks } = graph
  if (tasks.length === 0) throw new SiteEmptyError(site.name, whyEmpty(graph))
  if (tasks.length > limits.jobsPerRun)
    throw new SiteEmptyError(
      site.name,
      `it comes to ${tasks.length} tasks, and a run has at most ${limits.jobsPerRun}.`,
    )
  const poolUuid = sealingPool(tasks, inventory)
  if (poolUuid === undefined)
    throw new SiteEmptyError(
      site.name,
      'no gateway has told of any pool, so nobody could write its site point.',
    )
  const vms = new Map(inventory.vms.map(vm => [vm.uuid, vm]))
  const policyId = policy?.policyId
  const specs = await someAtOnce(tasks, async task => {
    const vm = task.kind === 'vm' ? vms.get(task.vmUuid) : undefined
    const excludedDisks = vm && policy ? excludedDisksOf(policy.excludeDisks, vm) : []
    return specOfTask(task, { policy, lock, excludedDisks })
  })
  const common = { ...(lock && { lock }), ...(policyId && { policyId }) }
  const plan: Plan = {
    title: `the site ${quoted(site.name, 200)}`,
    specs,
    order: shortOrder(tasks),
    site: {
      plan: { siteId, definition: site, graph },
      taskIds: tasks.map(({ id }) => id),
      seal: {
        kind: 'seal-site-point',
        ...{ poolUuid, vmUuid: siteUuid(siteId), vmName: site.name, siteId },
        ...common,
      },
    },
  }
  const taken = tasks.flatMap(task => (task.kind === 'vm' ? (vms.get(task.vmUuid) ?? []) : []))
  return { plan, inventory, vms: taken }
}

/** The pool with most of the tasks, of several the one whose UUID is lowest: every plan of one run comes to the same. */
const sealingPool = (
  tasks: readonly SiteTask[],
  { pools }: Pick<SiteInventory, 'pools'>,
): string | undefined => {
  const inPools = tasks.flatMap(task => ('poolUuid' in task ? [task.poolUuid] : []))
  const [most] = [...Map.groupBy(inPools, uuid => uuid)].sort(
    ([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? -1 : 1),
  )
  return most?.[0] ?? pools.map(({ uuid }) => uuid).sort()[0]
}

const whyEmpty = ({
  problems,
  skips,
}: Pick<ReturnType<typeof expand>, 'problems' | 'skips'>): string => {
  const [problem] = problems.filter(({ level }) => level === 'error')
  if (problem) return problem.text
  const [skip] = skips
  return skip ? `${skip.what}: ${skip.reason}` : 'its definition takes nothing.'
}
