import { z } from 'zod'
import { Instant } from './ids.ts'
import { Role } from './routes/route.ts'
import { PageQuery } from './runs-api.ts'

/** `person`: signed in. `token`: an outside system with a token of ours. `gateway`: with its own key. `system`: XenKeep itself. */
export const AuditSource = z.enum(['person', 'token', 'gateway', 'system'])
export type AuditSource = z.infer<typeof AuditSource>

/**
 * `asked`: written before the work begins; what became of it is a record of its own, which names the first in `of`: `done`, `refused`, or `failed` where something
 * broke in the middle and some of it may be done. Without a second one, the control plane died in between: look.
 */
export const AuditOutcome = z.enum(['asked', 'done', 'refused', 'failed'])

const Hash = z.string().regex(/^[0-9a-f]{64}$/)

/** One record of the chain; nothing of it is ever changed. */
export const AuditRecord = z.strictObject({
  /** The chain that it belongs to: one for each control plane. */
  chain: z.string().max(60),
  /** From 1, without gaps. */
  seq: z.int().positive(),
  at: Instant,
  who: z.string().max(200),
  /** Of people and tokens. */
  role: Role.optional(),
  source: AuditSource,
  /** The route of the API (`startRun`), or what else happened (`signedIn`). */
  action: z.string().max(60),
  /** Ids of what it was done to, and of what came of it. */
  target: z.string().max(300).optional(),
  outcome: AuditOutcome,
  /** Why it was refused or failed. */
  code: z.string().max(80).optional(),
  /** Number of the record that says that it was asked for. */
  of: z.int().positive().optional(),
  /** Of the API's own log. */
  requestId: z.string().max(100).optional(),
  /** What was asked for, in short; never a secret. */
  detail: z.string().max(500).optional(),
  /** Hash of the record before, 64 zeros for the first. */
  previous: Hash,
  /** SHA-256 over all the others (docs/decisions/0216-audit-chain.md). */
  hash: Hash,
})
export type AuditRecord = z.infer<typeof AuditRecord>

/** GET /v1/audit, newest first. A page may hold fewer than `limit`, even none, and still have a `next`: records are looked through in portions. */
export const ListAuditQuery = PageQuery.extend({
  /** The whole name, the part before the id in brackets (a mail address, the name of a token), or the id. */
  who: z.string().max(200).optional(),
  action: z.string().max(60).optional(),
  outcome: AuditOutcome.optional(),
  /** Not before, not after; ms since 1970. */
  from: z.coerce.number().int().nonnegative().optional(),
  to: z.coerce.number().int().nonnegative().optional(),
  /** `oldest` first, for who reads all of it. */
  order: z.enum(['newest', 'oldest']).optional(),
  /** Of another control plane with the same catalog; its own unless told. */
  chain: z.string().max(60).optional(),
})
export const ListAuditReply = z.strictObject({
  /** The chain that `items` are of. */
  chain: z.string(),
  /** All that this catalog holds. */
  chains: z.array(z.string()),
  /** The last record of the chain that was copied to where nobody changes it, and when; left out before the first. */
  copied: z.strictObject({ seq: z.int().positive(), at: Instant.optional() }).optional(),
  items: z.array(AuditRecord),
  next: z.string().optional(),
})
