import type { RestoreVmSpec } from '#core/contracts/restore.ts'
import type { Clock } from '#core/ports.ts'
import { guardBreaches } from '#core/site/rules/breach.ts'
import {
  breachesOfDomainController,
  domainControllerOf,
  notesOnDomainController,
} from '#core/site/rules/domain-controller.ts'
import { mcsMachineOf, notesOnMcsMachine } from '#core/site/rules/mcs-storage.ts'
import type { KnownPoint } from '../choose-base.ts'

/**
 * What has to hold for the kind of machine that the VM is, before anything is made or shut down for it. Where its disks go is looked at when
 * they have a place.
 * @returns what goes into the report, one sentence each
 * @throws `POINT_PAST_TOMBSTONE`, `GENERATION_ID_KEPT`, `DC_NOT_RESUMABLE`
 */
export const guardRules = (
  { spec, clock }: { spec: RestoreVmSpec; clock: Clock },
  { subject: { vm, taken } }: KnownPoint,
): string[] => {
  const { wishes = {} } = spec
  const { identity } = wishes
  const mcs = identity === 'disks-only' ? mcsMachineOf(vm) : undefined
  const notes = mcs ? notesOnMcsMachine(mcs, identity) : []
  const controller = domainControllerOf(vm.record.tags, spec.domainController)
  if (!controller) return notes
  const breaches = breachesOfDomainController(controller, { taken, wishes }, clock.now())
  const setAside = guardBreaches(breaches, wishes.overrides)
  const renewed = identity !== 'disks-only'
  return [...setAside, ...(renewed ? notesOnDomainController(controller) : []), ...notes]
}
