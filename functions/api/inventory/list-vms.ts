import { keys } from '#core/catalog/keys.ts'
import type { StoredVm } from '#core/inventory/inventory.ts'
import { lastPointOf } from '#core/points/points-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** The VMs of all pools, or their custom templates, by pool and UUID. */
export const listVms =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listVms'>): Promise<RouteReply<'listVms'>> => {
    const { limit = 100, after, of = 'vms' } = query
    const keyOf = of === 'templates' ? keys.template : keys.vm
    const page = await catalog.query<StoredVm>(keyOf('', '').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const items = await Promise.all(
      page.items.map(async ({ value }) => {
        const lastPoint = await lastPointOf(catalog, value.uuid)
        const size = value.disks.reduce((sum, disk) => sum + disk.size, 0)
        return { ...value, size, ...(lastPoint === undefined ? {} : { lastPoint }) }
      }),
    )
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listVms', listVms)
