import type { RunPrograms } from '../contracts/run-programs.ts'
import { PolicyInvalidError } from '../errors/policies.ts'
import type { Members } from './selection.ts'
import type { SelectableVm } from './selector.ts'

/** A pool by UUID and name. */
export interface NamedPool {
  uuid: string
  name: string
}

/**
 * The pool whose gateway runs the programs around a run: the one that the policy names, else the one with most of the VMs, of several the one whose UUID is
 * lowest. So every plan of one run comes to the same, and it is known before who it will be.
 * @param vms all VMs of all pools
 * @throws `POLICY_INVALID` where the named pool is not there, or bears its name with another
 */
export const programPool = (
  { pool: wanted }: Pick<RunPrograms, 'pool'>,
  chosen: Members['chosen'],
  vms: readonly SelectableVm[],
): NamedPool => {
  const pools = new Map(vms.map(({ poolUuid: uuid, poolName: name }) => [uuid, { uuid, name }]))
  if (wanted !== undefined) {
    const named = [...pools.values()].filter(
      ({ uuid, name }) => uuid === wanted.toLowerCase() || name === wanted,
    )
    const [only] = named
    if (only && named.length === 1) return only
    throw new PolicyInvalidError(
      named.length === 0
        ? `no gateway reported the pool "${wanted}", whose gateway is to run its programs.`
        : `${named.length} pools are called "${wanted}"; name the one whose gateway is to run its programs by its UUID.`,
    )
  }
  const [most] = [...Map.groupBy(chosen, ({ vm }) => vm.poolUuid)].sort(
    ([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? -1 : 1),
  )
  const found = most && pools.get(most[0])
  if (!found) throw new PolicyInvalidError('it takes no VM, so no gateway would run its programs.')
  return found
}
