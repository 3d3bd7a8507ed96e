import { z } from 'zod'

/** Of a query or body that takes no members. */
export const Nothing = z.strictObject({})

/**
 * What a person may do, each what the one before may and more: look (`viewer`), run backups and restores and look after policies (`operator`), change who may
 * call, how long points stay and what is deleted (`administrator`).
 */
export const Role = z.enum(['viewer', 'operator', 'administrator'])
export type Role = z.infer<typeof Role>

interface Called {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path parameters stand in braces. */
  path: string
  /** What it does, in one plain line. */
  summary: string
  /** Codes of problems that it may answer beside those of every route of its kind; what docs tell. A fuzz test refuses others. */
  errors?: readonly string[]
  /** Its reply holds a secret, which is told once and kept nowhere. */
  secretReply?: true
  /** A POST that only looks: it leaves no record, and any number of it does no harm. */
  readOnly?: true
  /** It changes little, and leaves the records that it is worth itself; whoever may not call it leaves one all the same. */
  ownRecords?: true
  query: z.ZodType
  body: z.ZodType
  reply: z.ZodType
}

/**
 * One call of the API, and who may make it: a gateway with its signed token, anyone who holds a one-time code, or a person. `query` and `body` refuse unknown
 * members; in a `reply` they are passed over (read-reply.ts).
 */
export type Route = Called &
  (
    | {
        audience: 'gateway'
        /** The agent in a guest makes it too. It makes no other call: what gateways tell of pools and of the repository is believed. */
        guests?: true
      }
    | { audience: 'code' }
    | {
        audience: 'person'
        /** The least that is needed. */
        role: Role
      }
  )

export type Routes = Record<string, Route>
