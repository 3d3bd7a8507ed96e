import type { RestoreWishes } from '../contracts/restore.ts'
import type { VmMetadata } from '../points/vm-metadata.ts'
import { type CdPlan, type IsoFact, planCds } from './cds.ts'
import { type NetworkFact, planVifs, type VifPlan } from './networks.ts'
import { planVm, type VmPlan } from './vm.ts'

/** What the pool offers that the VM is restored to. */
export interface TargetFacts {
  networks: readonly NetworkFact[]
  isos: readonly IsoFact[]
}

/** How a VM comes back, everything but the content of its disks. */
export interface RestorePlan {
  vm: VmPlan
  vifs: VifPlan[]
  cds: CdPlan[]
  /** What will differ from the VM that was backed up, one plain sentence each. */
  notes: string[]
}

/**
 * Decides which record is created, which interface goes to which network, which image into which drive.
 * @throws `RESTORE_NETWORK`, `RESTORE_NO_SUCH_PART`
 */
export const planRestore = (
  metadata: VmMetadata,
  facts: TargetFacts,
  wishes: RestoreWishes = {},
): RestorePlan => {
  const vm = planVm(metadata, wishes)
  const vifs = planVifs(metadata.vifs, facts.networks, wishes)
  const cds = planCds(metadata.cds, facts.isos)
  return {
    vm: vm.plan,
    vifs: vifs.plans,
    cds: cds.plans,
    notes: [...vifs.notes, ...cds.notes, ...vm.notes],
  }
}
