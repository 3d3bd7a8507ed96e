import type { JobSpec } from '#core/contracts/jobs.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import type { Policy } from '#core/contracts/policies.ts'
import type { SiteTask } from '#core/contracts/site-graph.ts'
import { componentUuid } from '#core/points/component-uuid.ts'

interface Wanted {
  policy: Policy | undefined
  lock: LockPolicy | undefined
  /** VBD.userdevice */
  excludedDisks: readonly string[]
}

/** The job that a task of a site becomes. */
export const specOfTask = async (
  task: SiteTask,
  { policy, lock, excludedDisks }: Wanted,
): Promise<JobSpec> => {
  const common = {
    ...(lock && { lock }),
    ...(policy && { policyId: policy.policyId }),
  }
  switch (task.kind) {
    case 'vm': {
      const { poolUuid, vmUuid, vmName, method, fallback, freezeWith } = task
      const { wire, hooks } = policy ?? {}
      return {
        kind: 'backup-vm',
        ...{ poolUuid, vmUuid, vmName, method },
        ...(fallback && { fallback }),
        ...(freezeWith?.seconds !== undefined && { freezeSeconds: freezeWith.seconds }),
        ...(excludedDisks.length > 0 && { excludedDisks: [...excludedDisks] }),
        ...(wire && { wire }),
        ...(hooks && { hooks }),
        ...common,
      }
    }
    case 'component': {
      const { guestUuid, guestName, vmUuid, recipe, instance, parameters } = task
      return {
        kind: 'capture-component',
        guestUuid,
        componentUuid: await componentUuid(guestUuid, recipe, instance),
        ...(vmUuid && { vmUuid }),
        name: `${guestName}: ${recipe}${instance === undefined ? '' : ` (${instance})`}`,
        recipe,
        ...(instance !== undefined && { instance }),
        ...(parameters && { parameters: asRecipesTake(parameters) }),
        ...common,
      }
    }
    case 'template': {
      const { poolUuid, vmUuid, vmName } = task
      return { kind: 'backup-template', poolUuid, vmUuid, vmName, ...common }
    }
    case 'pool-metadata': {
      const { poolUuid, poolName } = task
      return {
        kind: 'backup-pool-metadata',
        ...{ poolUuid, vmUuid: poolUuid, vmName: poolName },
        ...common,
      }
    }
    case 'host': {
      const { poolUuid, hostUuid, hostName } = task
      return {
        kind: 'backup-host',
        ...{ poolUuid, vmUuid: hostUuid, vmName: hostName },
        ...common,
      }
    }
  }
}

/** Recipes know no switches: a text says the same. */
const asRecipesTake = (
  parameters: NonNullable<Extract<SiteTask, { kind: 'component' }>['parameters']>,
): Record<string, string | number | string[]> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? String(value) : value,
    ]),
  )
