import { z } from 'zod'
import { GatewayTokenClaims } from './gateway-token.ts'

/** Names one freeze, made by the gateway. */
const Lease = z.uuid()

/** What a gateway wants of a guest (docs/guest-agent-protocol.md). */
export const GuestCommand = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('freeze'),
    lease: Lease,
    /** How long the guest may be held at most. */
    seconds: z.number().positive().max(600),
  }),
  z.strictObject({ command: z.literal('thaw'), lease: Lease }),
])
export type GuestCommand = z.infer<typeof GuestCommand>

/** A clause: why it could not be. */
const Why = z.string().min(1).max(400)

/** What became of a command. */
export const GuestAnswer = z.union([
  z.strictObject({
    to: z.literal('freeze'),
    lease: Lease,
    frozen: z.literal(true),
    /** For how long it promises to hold, from now on. */
    seconds: z.number().positive().max(600),
    /** `application`: databases wrote their buffers and hold, too. */
    consistency: z.enum(['application', 'file-system']),
  }),
  z.strictObject({ to: z.literal('freeze'), lease: Lease, frozen: z.literal(false), why: Why }),
  z.strictObject({ to: z.literal('thaw'), lease: Lease, held: z.literal(true) }),
  z.strictObject({ to: z.literal('thaw'), lease: Lease, held: z.literal(false), why: Why }),
])
export type GuestAnswer = z.infer<typeof GuestAnswer>

/** A guest's token: as a gateway's, but that it names the guest by its key. */
export const GuestTokenClaims = GatewayTokenClaims.extend({
  /** Thumbprint of the guest's public key (RFC 7638, SHA-256, base64url). */
  iss: z.string().regex(/^[\w-]{43}$/),
})
export type GuestTokenClaims = z.infer<typeof GuestTokenClaims>

export const guestRoutes = {
  /** Waits for a command; 204 when there was none for a while. */
  next: { method: 'POST', path: '/v1/guest/next' },
  /** Tells what became of one; 204. */
  answers: { method: 'POST', path: '/v1/guest/answers' },
} as const

/** How long a call of `next` waits for a command, in milliseconds: shorter than what proxies allow. */
export const GUEST_WAIT_MS = 25_000
