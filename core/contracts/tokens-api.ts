import { z } from 'zod'
import { Instant, Ulid } from './ids.ts'
import { Role } from './routes/route.ts'

/** POST /v1/tokens: a token for an outside system. */
export const CreateTokenRequest = z.strictObject({
  /** Who uses it, for lists and audit records. */
  name: z.string().trim().min(1).max(100),
  role: Role,
  /** The token stops working then; it works until it is revoked unless told. */
  expires: Instant.optional(),
})

/** The token is told here and never again: the catalog keeps its SHA-256. */
export const CreateTokenReply = z.strictObject({
  tokenId: Ulid,
  token: z.string(),
  name: z.string(),
  role: Role,
  expires: Instant.optional(),
})

/** A token as administrators see it: never its secret. */
export const TokenView = z.strictObject({
  tokenId: Ulid,
  name: z.string(),
  role: Role,
  created: Instant,
  /** Who created it. */
  createdBy: z.string(),
  expires: Instant.optional(),
  revoked: Instant.optional(),
  /** To within an hour. */
  lastUsed: Instant.optional(),
})
export type TokenView = z.infer<typeof TokenView>

/** GET /v1/tokens, oldest first, revoked ones too */
export const ListTokensReply = z.strictObject({
  items: z.array(TokenView),
  next: z.string().optional(),
})

/** DELETE /v1/tokens/{tokenId} */
export const RevokeTokenReply = z.strictObject({ tokenId: Ulid, revoked: Instant })
