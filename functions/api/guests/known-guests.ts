import { readGateways } from '#core/gateways/gateway.ts'
import { keysOfGuest } from '#core/gateways/guest.ts'
import { poolOfVm } from '#core/inventory/pool-of-vm.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** The keys of guests that were enrolled for VMs of the pools that a gateway serves. */
export const knownGuests =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ caller }: RouteCall<'knownGuests'>): Promise<RouteReply<'knownGuests'>> => {
    const served = caller.gateway.pools.map(({ uuid }) => uuid)
    const found = await Promise.all(
      (await readGateways(catalog)).map(async gateway => {
        const keys = keysOfGuest(gateway, clock.now())
        return keys && (await poolOfVm(catalog, served, keys.vmUuid)) !== undefined ? [keys] : []
      }),
    )
    return { guests: found.flat().slice(0, 2_000) }
  }

export const handler = httpHandler('knownGuests', knownGuests)
