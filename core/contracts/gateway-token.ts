import { z } from 'zod'
import { Ulid } from './ids.ts'

/**
 * The token of every gateway call: a JWT (RFC 7519) signed with the gateway's Ed25519 key (EdDSA, RFC 8037), sent as
 * `Authorization: Bearer …`. It names the one call that it is good for, so a stolen token is worth one minute of one route.
 */
export const GatewayTokenClaims = z.object({
  /** gateway id */
  iss: Ulid,
  /** HTTP method, upper case */
  htm: z.string(),
  /** path without host and query */
  htu: z.string(),
  /** seconds since 1970 */
  iat: z.int(),
  exp: z.int(),
  /** nonce, used once */
  jti: Ulid,
  /**
   * The epoch of the regions that the gateway knows; 0 unless told. A token of one epoch is good for nothing in the next, so it cannot be played again in
   * the region that took over, where its nonce may not have arrived.
   */
  rge: z.int().min(0).optional(),
})
export type GatewayTokenClaims = z.infer<typeof GatewayTokenClaims>

/** How long a token is good for, in seconds, and how far the two clocks may be apart. */
export const GATEWAY_TOKEN_SECONDS = 60
export const GATEWAY_CLOCK_SKEW_SECONDS = 120
