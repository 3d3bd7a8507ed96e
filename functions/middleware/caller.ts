import type { MiddlewareObj } from '@middy/core'
import { compactVerify, decodeJwt, importJWK } from 'jose'
import { GatewayTokenClaims } from '#core/contracts/gateway-token.ts'
import { Ulid } from '#core/contracts/ids.ts'
import { Role, type Route } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { GatewayRevokedError } from '#core/errors/access.ts'
import { GatewayUnknownError } from '#core/errors/control.ts'
import { GuestNotAllowedError } from '#core/errors/guests.ts'
import {
  ForeignGatewayError,
  RoleInsufficientError,
  TokenInvalidError,
} from '#core/errors/request.ts'
import { findGateway } from '#core/gateways/gateway.ts'
import { keysTaken } from '#core/gateways/key-change.ts'
import { checkClaims, useNonce } from '#core/gateways/token.ts'
import type { Person } from '#core/ports.ts'
import type { Ports } from '../ports.ts'
import type { HandledEvent, HttpAnswer, RouteCall } from './route-call.ts'

type CallerPorts = Pick<Ports, 'catalog' | 'clock' | 'authenticator' | 'region'>

/**
 * Finds out who calls: a gateway by its signed token, a person by the authenticator, nobody in particular where a one-time
 * code is the proof.
 * @throws `TOKEN_INVALID`, `TOKEN_EXPIRED`, `ROLE_MISSING`, `CLOCK_SKEW`, `TOKEN_REPLAYED`, `GATEWAY_UNKNOWN`, `GATEWAY_REVOKED`, `GATEWAY_FOREIGN`, `GUEST_NOT_ALLOWED`,
 *   `ROLE_INSUFFICIENT`, `REGION_EPOCH_CHANGED`, `REGION_STANDBY`
 */
export const caller = (
  name: RouteName,
  ports: () => CallerPorts | Promise<CallerPorts>,
): MiddlewareObj<HandledEvent, HttpAnswer> => ({
  before: async ({ event }) => {
    const route = routes[name]
    const who = await identify[route.audience](event, await ports(), name)
    // Set before the role is looked at: who was refused for it is told in the records.
    event.call = { ...event.call, caller: who } as unknown as RouteCall<RouteName>
    if (route.audience === 'person') checkRole(who as Person, route.role)
  },
})

/** @throws `ROLE_INSUFFICIENT` */
const checkRole = ({ name, role }: Person, needed: Role): void => {
  const rank = (of: Role) => Role.options.indexOf(of)
  if (rank(role) < rank(needed)) throw new RoleInsufficientError(name, role, needed)
}

const authorizationOf = ({ headers }: HandledEvent): string | undefined => headers.authorization

const identify = {
  code: async ({ requestContext }: HandledEvent) => ({
    address: requestContext.http.sourceIp ?? 'unknown',
  }),

  person: (event: HandledEvent, { authenticator }: CallerPorts) =>
    authenticator.person({
      authorization: authorizationOf(event),
      authorized: event.requestContext.authorizer?.lambda,
    }),

  gateway: async (
    event: HandledEvent,
    { catalog, clock, region }: CallerPorts,
    name: RouteName,
  ) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorizationOf(event) ?? '')?.[1]
    if (!token) throw new TokenInvalidError('it carries no gateway token')
    const issuer = issuerOf(token)
    const gateway = await findGateway(catalog, issuer)
    if (!gateway) throw new GatewayUnknownError(issuer)

    const call = name === 'changeKey' ? 'change-key' : 'other'
    const { payload, signedBy } = await verified(token, keysTaken(gateway, call, clock.now()))
    // Told to nobody but the gateway itself.
    if (gateway.revoked) throw new GatewayRevokedError(issuer)
    const claims = GatewayTokenClaims.safeParse(JSON.parse(new TextDecoder().decode(payload)))
    if (!claims.success) throw new TokenInvalidError('the token lacks claims')

    const request = { method: event.requestContext.http.method, path: event.rawPath }
    checkClaims(claims.data, request, clock.now())
    const { gatewayId } = gateway
    if ((event.pathParameters?.gatewayId ?? gatewayId) !== gatewayId)
      throw new ForeignGatewayError()
    if (gateway.guest && !isForGuests(name)) throw new GuestNotAllowedError(gateway.name)
    await region.guardEpoch(claims.data.rge ?? 0)
    await useNonce(catalog, claims.data, clock.now())
    return { gatewayId, signedBy, gateway }
  },
}

const isForGuests = (name: RouteName): boolean => {
  const route: Route = routes[name]
  return route.audience === 'gateway' && route.guests === true
}

/** @throws `TOKEN_INVALID` where none of the keys has signed it */
const verified = async (token: string, publicKeys: readonly string[]) => {
  let cause: unknown
  for (const x of publicKeys) {
    const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x }, 'EdDSA')
    try {
      const { payload } = await compactVerify(token, key, { algorithms: ['EdDSA', 'Ed25519'] })
      return { payload, signedBy: x }
    } catch (error) {
      cause = error
    }
  }
  throw new TokenInvalidError('the signature of the token is not that of this gateway', cause)
}

const issuerOf = (token: string): string => {
  try {
    return Ulid.parse(decodeJwt(token).iss)
  } catch (cause) {
    throw new TokenInvalidError('the token names no gateway', cause)
  }
}
