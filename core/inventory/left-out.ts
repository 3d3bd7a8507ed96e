import type { Policy } from '../contracts/policies.ts'
import { excludedDisksOf } from '../policies/selection.ts'
import type { StoredVm } from './inventory.ts'

/** What a disk's name says where it is never backed up. */
export const NOBAK = '[NOBAK]'

/** The disks of a VM that backups leave out, and why, one sentence each. */
export const leftOutDisks = (
  vm: StoredVm,
  policies: readonly Pick<Policy, 'name' | 'excludeDisks'>[],
): { userdevice: string; why: string }[] =>
  vm.disks.flatMap(({ userdevice, name }) => [
    ...(name.includes(NOBAK)
      ? [{ userdevice, why: `Its name says ${NOBAK}: no backup takes it.` }]
      : []),
    ...policies.flatMap(policy =>
      excludedDisksOf(policy.excludeDisks, vm).includes(userdevice)
        ? [{ userdevice, why: `The policy "${policy.name}" leaves it out.`.slice(0, 500) }]
        : [],
    ),
  ])
