import type { Role } from '../contracts/routes/route.ts'
import type { LockMode, RetainingStore } from './objects.ts'

/** Someone who works at the console or the command line. */
export interface Person {
  /** For records: who did it, to be read (core/access/who.ts). */
  name: string
  /** What stays the same when the name changes, where that is something else. */
  id?: string
  role: Role
  /** An outside system that calls with a token of ours; a person who has signed in unless told. */
  source?: 'token'
  /** Of a token: who made it. */
  createdBy?: string
}

/** Where the records of what was done are copied to, each copy locked for as long as they have to be kept. */
export interface AuditCopy {
  /** The chain that this control plane writes: one for each region, since two regions cannot agree on one last record. */
  readonly chain: string
  /** Opened at the first use: few need it. */
  readonly open: () => Promise<RetainingStore>
  /** How copies are locked; left out where the store cannot lock (a directory). */
  readonly lock?: { mode: LockMode; days: number }
}

/** Who is calling, where the caller is a person. */
export interface Authenticator {
  /**
   * @param call the `Authorization` header as it came, and what the authorizer of the API gateway has found out already
   * @throws `TOKEN_INVALID`, `TOKEN_EXPIRED`, `ROLE_MISSING`
   */
  person(call: {
    authorization?: string | undefined
    authorized?: Readonly<Record<string, unknown>> | undefined
  }): Promise<Person>
}
