import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import type { Policy } from '#core/contracts/policies.ts'
import { PolicyEmptyError } from '#core/errors/policies.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import type { StoredVm } from '#core/inventory/inventory.ts'
import { discardedLine } from '#core/policies/discarded.ts'
import { readPolicy } from '#core/policies/policies-catalog.ts'
import { readPolicyInventory } from '#core/policies/policy-inventory.ts'
import { programPool } from '#core/policies/program-pool.ts'
import { type Members, membersOf } from '#core/policies/selection.ts'
import type { Catalog } from '#core/ports.ts'
import { limits } from '#core/runs/limits.ts'
import { siteOfPolicy } from '#core/sites/policies-of-site.ts'
import { type Plan, type PlanRequest, titleOf } from './plan.ts'
import { planSitePolicy } from './site.ts'

/** A job for each VM that the policy takes as the inventory stands. */
export const planPolicy: PlanRequest<'policy'> = async (catalog, { policyId }, now) => {
  const { policy } = (await readPolicy(catalog, policyId)).value
  const wanted = siteOfPolicy(policy)
  if (wanted !== undefined) return planForSite(catalog, policy, wanted, now)
  const inventory = await readPolicyInventory(catalog, now)
  const { chosen, discarded } = membersOf(policy, inventory)
  const leftOut = discarded > 0 ? discardedLine(discarded) : undefined
  if (chosen.length === 0) throw new PolicyEmptyError(policy.name, leftOut)
  if (chosen.length > limits.jobsPerRun)
    throw new RequestInvalidError(
      `the policy "${policy.name}" takes ${chosen.length} VMs, and a run has at most ${limits.jobsPerRun} members.`,
    )
  const { together, limits: { jobsAtOnce } = {} } = policy
  return {
    title: titleOf(chosen.map(({ vm }) => vm.name)),
    specs: chosen.map(member => specOf(policy, member)),
    policy: { policyId, policyName: policy.name },
    ...(leftOut !== undefined && { leftOut }),
    ...(together && chosen.length > 1 && { together }),
    ...(jobsAtOnce !== undefined && { jobsAtOnce }),
    ...programSpecs(policy, chosen, inventory.vms),
  }
}

/** As the site says; what is around its jobs, as the policy does. */
const planForSite = async (
  catalog: Catalog,
  policy: Policy,
  wanted: string,
  now: number,
): Promise<Plan> => {
  const { plan, inventory, vms } = await planSitePolicy(catalog, { policy, wanted, now })
  const chosen = vms.map(vm => ({ vm, why: '', excludedDisks: [] }))
  const { policyId, name: policyName, limits: { jobsAtOnce } = {} } = policy
  return {
    ...plan,
    policy: { policyId, policyName },
    ...(jobsAtOnce !== undefined && { jobsAtOnce }),
    ...programSpecs(policy, chosen, inventory.vms),
  }
}

/** The programs around a run, for the gateway of one pool. @throws `POLICY_INVALID` */
const programSpecs = (
  policy: Policy,
  chosen: Members<StoredVm>['chosen'],
  vms: readonly StoredVm[],
): Pick<Plan, 'before' | 'after'> => {
  const { runHooks, policyId, name: policyName } = policy
  if (!runHooks) return {}
  const pool = programPool(runHooks, chosen, vms)
  const common = { kind: 'run-program', policyId, policyName, vms: chosen.length } as const
  const at = { poolUuid: pool.uuid, vmUuid: pool.uuid, vmName: pool.name }
  const { before, after } = runHooks
  return {
    ...(before && { before: { ...common, ...at, when: 'before', ...before } }),
    ...(after && { after: { ...common, ...at, when: 'after', ...after } }),
  }
}

const specOf = (
  policy: Policy,
  { vm, excludedDisks }: Members<StoredVm>['chosen'][number],
): BackupVmSpec => {
  const { policyId, method, fallback, shutdownSeconds, freezeSeconds, lock, wire, hooks } = policy
  return {
    kind: 'backup-vm',
    poolUuid: vm.poolUuid,
    vmUuid: vm.uuid,
    vmName: vm.name,
    policyId,
    method,
    ...(fallback && { fallback }),
    ...(shutdownSeconds !== undefined && { shutdownSeconds }),
    ...(freezeSeconds !== undefined && { freezeSeconds }),
    ...(excludedDisks.length > 0 && { excludedDisks }),
    ...(lock && { lock }),
    ...(wire && { wire }),
    ...(hooks && { hooks }),
  }
}
