import { keys } from '#core/catalog/keys.ts'
import type { GuestView } from '#core/contracts/guests-api.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import { searchFor } from '#core/inventory/vm-list.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { guestViewer, isGuest } from './guest-view.ts'

/** The guests with an agent. They are enrolled among gateways, so a page may hold fewer than it was asked for. */
export const listGuests =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'upSince'>) =>
  async ({ query }: RouteCall<'listGuests'>): Promise<RouteReply<'listGuests'>> => {
    const { limit = 100, after, search } = query
    const { items, next } = await ports.catalog.query<Gateway>(keys.gateway('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const view = await guestViewer(ports)
    const isFound = searchedFor(search)
    const guests = items.map(({ value }) => value).filter(({ revoked }) => !revoked)
    const views = await Promise.all(guests.filter(isGuest).map(view))
    return {
      items: views.map(viewed => viewed.view).filter(isFound),
      ...(next !== undefined && { next }),
    }
  }

const searchedFor = (search: string | undefined) => {
  const isMeant = searchFor(search)
  return ({ guestUuid: uuid, gatewayId, name, machine, vm }: GuestView): boolean =>
    gatewayId === search ||
    [name, machine, vm?.name ?? ''].some(text => isMeant({ uuid, name: text })) ||
    (vm !== undefined && isMeant({ uuid: vm.uuid, name: '' }))
}

export const handler = httpHandler('listGuests', listGuests)
