import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { z } from 'zod'
import type { RouteName, routes } from '#core/contracts/routes.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import type { CatalogWrite, Person } from '#core/ports.ts'

type Route<N extends RouteName> = (typeof routes)[N]
type Braced<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Braced<Rest>
  : never

interface Callers {
  /** `signedBy`: the public key that the call is signed with; `gateway`: its record, as it was when the call came. */
  gateway: { gatewayId: string; signedBy: string; gateway: Gateway }
  person: Person
  /** Nobody in particular; where the call comes from. */
  code: { address: string }
}

/** One call of a route: parsed, and its caller known. What a work function gets. */
export interface RouteCall<N extends RouteName> {
  params: { [K in Braced<Route<N>['path']>]: string }
  query: z.output<Route<N>['query']>
  body: z.output<Route<N>['body']>
  caller: Callers[Route<N>['audience']]
  /** Of a call that may come again and is to be done once. */
  idempotencyKey?: string
  /** With such a key: what to write in one piece with the work, so that it is done once whatever breaks in the middle. */
  settle?: (reply: RouteReply<N>) => CatalogWrite
  /** What to write in one piece with what undoes such work: the call may then come again under its key, and is done. */
  withdraw?: CatalogWrite
}

export type RouteReply<N extends RouteName> = z.input<Route<N>['reply']>

/** The part of API Gateway's event (payload format 2.0) that we read; `local/` makes the same of a node request. */
export type HttpEvent = Pick<
  APIGatewayProxyEventV2,
  'rawPath' | 'rawQueryString' | 'headers' | 'body' | 'isBase64Encoded' | 'pathParameters'
> & {
  requestContext: {
    http: { method: string; sourceIp?: string }
    requestId?: string
    authorizer?: {
      /** What functions/events/authorize.ts has found out. */
      lambda?: Record<string, unknown>
    }
  }
}

export interface HttpAnswer {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** The event while it passes the middleware: each adds what it found. */
export type HandledEvent = HttpEvent & { json?: unknown; call?: RouteCall<RouteName> }
