import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { z } from 'zod'
import type { RouteName, routes } from '#core/contracts/routes.ts'
import type { Person } from '#core/ports.ts'

type Route<N extends RouteName> = (typeof routes)[N]
type Braced<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Braced<Rest>
  : never

interface Callers {
  gateway: { gatewayId: string }
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
}

export type RouteReply<N extends RouteName> = z.input<Route<N>['reply']>

/** The part of API Gateway's event (payload format 2.0) that we read; `local/` makes the same of a node request. */
export type HttpEvent = Pick<
  APIGatewayProxyEventV2,
  'rawPath' | 'rawQueryString' | 'headers' | 'body' | 'isBase64Encoded' | 'pathParameters'
> & {
  requestContext: {
    http: { method: string; sourceIp?: string }
    authorizer?: { iam?: { userArn?: string } }
  }
}

export interface HttpAnswer {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** The event while it passes the middleware: each adds what it found. */
export type HandledEvent = HttpEvent & { json?: unknown; call?: RouteCall<RouteName> }
