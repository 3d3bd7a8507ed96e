import { z } from 'zod'
import { Instant, Ulid } from './ids.ts'

/** Ed25519 public key, JWK `x` member (RFC 8037). The private key never leaves the gateway. */
export const GatewayPublicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/** `typ` of both signatures of an announcement (RFC 7515, 4.1.9): the token of a call is never taken for one, nor one for a token. */
export const KEY_ANNOUNCEMENT_TYPE = 'xenkeep-key+jws'

/** What a gateway signs to change its key. */
export const KeyAnnouncement = z.strictObject({ gatewayId: Ulid, publicKey: GatewayPublicKey })

/**
 * PUT /v1/gateways/{gatewayId}/key. Made twice: signed with the key of today it announces the next one, signed with the next one it has it taken
 * (docs/decisions/0241-a-gateway-changes-its-key.md). Repeating either changes nothing.
 */
export const ChangeKeyRequest = z.strictObject({
  /**
   * A JWS (RFC 7515, compact) by the key of today, around a JWS by the next key, around a `KeyAnnouncement`: the body of a call is not signed by its token, and
   * nobody announces a key that he does not have.
   */
  announcement: z.string().min(1).max(4_000),
})
export const ChangeKeyReply = z.strictObject({
  /** `announced`: known, and good for nothing but to be taken; `changed`: the key of the gateway from now on. */
  state: z.enum(['announced', 'changed']),
})

/** POST /v1/gateways/{gatewayId}/key-change: the gateway is asked to make a new key when it calls next */
export const AskNewKeyReply = z.strictObject({
  gatewayId: Ulid,
  /** Since when it has the key of today. */
  keySince: Instant,
  lastSeen: Instant.optional(),
})
