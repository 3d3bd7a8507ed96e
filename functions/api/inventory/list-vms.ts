import { keys } from '#core/catalog/keys.ts'
import type { StoredVm } from '#core/inventory/inventory.ts'
import { lastPointOf } from '#core/points/points-catalog.ts'
import { readPolicies } from '#core/policies/policies-catalog.ts'
import { standingBy } from '#core/policies/policy-inventory.ts'
import { protection } from '#core/policies/selection.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** The VMs of all pools, or their custom templates, by pool and UUID, and which policies protect each. A page of unprotected VMs may be short. */
export const listVms =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listVms'>): Promise<RouteReply<'listVms'>> => {
    const { limit = 100, after, of = 'vms', unprotected } = query
    const keyOf = of === 'templates' ? keys.template : keys.vm
    const page = await catalog.query<StoredVm>(keyOf('', '').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const vms = page.items.map(({ value }) => value)
    const protectedBy = of === 'vms' ? await protectionOf(catalog, vms) : undefined
    const items = await Promise.all(
      vms.map(async vm => {
        const lastPoint = await lastPointOf(catalog, vm.uuid)
        // A gateway may tell anything; a sum that no reader takes would hide the whole page.
        const sum = vm.disks.reduce((total, disk) => total + disk.size, 0)
        const size = Math.min(sum, Number.MAX_SAFE_INTEGER)
        return {
          ...vm,
          size,
          ...(lastPoint === undefined ? {} : { lastPoint }),
          ...protectedBy?.(vm.uuid),
        }
      }),
    )
    const shown =
      unprotected === 'true'
        ? items.filter(({ policies, standby }) => policies?.length === 0 && !standby)
        : items
    return page.next === undefined ? { items: shown } : { items: shown, next: page.next }
  }

const protectionOf = async (catalog: Ports['catalog'], vms: readonly StoredVm[]) => {
  const policies = (await readPolicies(catalog)).map(({ value }) => value.policy)
  const standbys = await standingBy(catalog)
  const by = protection({ vms, standbys, policies })
  return (uuid: string) => ({
    policies: (by.get(uuid) ?? []).map(({ policyId, name }) => ({ policyId, name })),
    ...(standbys.has(uuid) && { standby: true as const }),
  })
}

export const handler = httpHandler('listVms', listVms)
