import middy from '@middy/core'
import type { RouteName } from '#core/contracts/routes.ts'
import type { Ports } from '../ports.ts'
import { activeRegion } from './active-region.ts'
import { audit } from './audit.ts'
import { caller } from './caller.ts'
import { conditional } from './conditional.ts'
import { cursor } from './cursor.ts'
import { idempotency } from './idempotency.ts'
import { input } from './input.ts'
import { jsonBody } from './json-body.ts'
import { problem } from './problem.ts'
import type { HandledEvent, HttpAnswer, HttpEvent, RouteCall, RouteReply } from './route-call.ts'

/** What one route does, once the call is parsed and its caller known. */
export type RouteWork<N extends RouteName> = (
  ports: Ports,
) => (call: RouteCall<N>) => Promise<RouteReply<N>>

export type HttpHandler = (event: HttpEvent) => Promise<HttpAnswer>

/**
 * A Lambda handler for one route of the API. Nothing happens before the first call.
 * @param ports asked at each call; cheap after the first
 */
export const httpHandlerWith =
  (ports: () => Ports | Promise<Ports>) =>
  <N extends RouteName>(
    name: N,
    work: RouteWork<N>,
    { bodyLimit }: { bodyLimit?: number } = {},
  ): HttpHandler => {
    const handler = middy<HandledEvent, HttpAnswer>()
      .use(activeRegion(name, ports))
      .use(problem())
      .use(conditional(name)) // sees the answer last
      .use(jsonBody(bodyLimit === undefined ? {} : { limit: bodyLimit }))
      .use(caller(name, ports))
      .use(input(name))
      .use(cursor(name))
      .use(idempotency(name, ports))
      .use(audit(name, ports))
      .handler(async event => ({
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(await work(await ports())(event.call as unknown as RouteCall<N>)),
      }))
    return async event => notKept(await handler(event as HandledEvent, {} as never))
  }

/** Answers are for who asked, some hold secrets, and none is a page: nothing on the way keeps one, no browser guesses what it is. */
export const notKept = (answer: HttpAnswer): HttpAnswer => ({
  ...answer,
  headers: {
    ...answer.headers,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  },
})
