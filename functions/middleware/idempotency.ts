import type { MiddlewareObj } from '@middy/core'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import {
  type Reservation,
  release,
  reserve,
  settleWrite,
  withdrawWrite,
} from '#core/idempotency/reservation.ts'
import type { CatalogWrite, Person } from '#core/ports.ts'
import type { Ports } from '../ports.ts'
import { answersStandingBy } from './active-region.ts'
import type { HandledEvent, HttpAnswer, RouteCall } from './route-call.ts'

type KeyedPorts = Pick<Ports, 'catalog' | 'clock' | 'upSince'>

/**
 * A call of a person that comes again under its idempotency key is done once and answered as before. Work that must not be done twice, whatever
 * breaks in the middle, writes `call.settle(reply)` in one piece with what it does.
 */
export const idempotency = (
  name: RouteName,
  ports: () => KeyedPorts | Promise<KeyedPorts>,
): MiddlewareObj<HandledEvent, HttpAnswer>[] => {
  const { method, audience, secretReply } = routes[name] as {
    method: string
    audience: string
    secretReply?: true
  }
  if (audience !== 'person' || method === 'GET') return []
  // What a region that stands by does, too, is once by itself: nothing could be reserved in a catalog that it must not write.
  if (answersStandingBy(name)) return []
  const reserved = new WeakMap<HandledEvent, Reservation>()

  return [
    {
      before: async ({ event }) => {
        const call = event.call as unknown as RouteCall<'startRun'> & { params: unknown }
        if (call.idempotencyKey === undefined) return undefined
        const { catalog, clock, upSince } = await ports()
        const { name: who, id = who, source = 'person' } = call.caller as Person
        const found = await reserve(
          catalog,
          {
            caller: `${source} ${id}`,
            key: call.idempotencyKey,
            request: [name, call.params, call.query, event.json ?? null],
          },
          clock.now(),
          upSince,
        )
        if ('answer' in found)
          return {
            statusCode: 200,
            headers: { 'content-type': 'application/json', 'idempotency-replayed': 'true' },
            body: found.answer,
          }
        reserved.set(event, found)
        call.settle = reply => settled(found, JSON.stringify(reply), secretReply)
        call.withdraw = withdrawWrite(found)
        return undefined
      },
      after: async ({ event, response }) => {
        const reservation = reserved.get(event)
        if (!reservation || !response) return
        const { catalog } = await ports()
        // Where the work has written it already, the version is another one and this changes nothing.
        await catalog
          .write([settled(reservation, response.body, secretReply)])
          .catch(() => undefined)
      },
      onError: async ({ event }) => {
        const reservation = reserved.get(event)
        if (reservation) await release((await ports()).catalog, reservation)
      },
    },
  ]
}

const settled = (reservation: Reservation, answer: string, secret?: true): CatalogWrite =>
  settleWrite(reservation, secret ? undefined : answer)
