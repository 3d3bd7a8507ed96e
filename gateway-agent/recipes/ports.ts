import type { HttpAction, LdapAction, SqlAction } from '#core/recipes/action.ts'

/** One program, to be started as it stands: no shell is in between. */
export interface ProgramCall {
  argv: readonly string[]
  /** All that it gets beside PATH and what its system cannot do without. */
  env: Readonly<Record<string, string>>
  /** Absolute; where it starts, and where it puts what it writes on its way. */
  folder: string
  stdin?: string | AsyncIterable<Uint8Array> | undefined
  /** Ends it, with what it has started. */
  signal: AbortSignal
}

export interface ProgramEnd {
  /** Left out where it was ended by a signal or could not be started. */
  exit?: number
  /** What it wrote; empty where somebody took it. */
  stdout: string
  /** The end of it. */
  stderr: string
  /** Why it could not be started, or was ended by us. */
  trouble?: string
}

/**
 * Runs one program to its end. When it returns, nothing of what was started is at work any more, as far as the system lets us.
 * @param take gets what it writes as it comes; what it throws ends the program, and is thrown
 * @throws what `take` throws; nothing else: a program that fails has an end, too
 */
export type RunProgram = (
  call: ProgramCall,
  take?: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
) => Promise<ProgramEnd>

export interface SqlCall extends Pick<SqlAction, 'engine' | 'connection' | 'database' | 'text'> {
  password?: string
  folder: string
  signal: AbortSignal
}

/** `rows`: of the last result. `said`: what the server complained of; then there are no rows. */
export type RunSql = (call: SqlCall) => Promise<{ rows: string[][] } | { said: string }>

export type AskLdap = (
  call: Omit<LdapAction, 'gives' | 'bind'> & {
    bind?: { dn: string; password: string }
    attributes: string[]
    signal: AbortSignal
  },
) => Promise<{ values: Record<string, string[]> } | { said: string }>

export type AskHttp = (
  call: Pick<HttpAction, 'method' | 'url'> & {
    headers: Record<string, string>
    body?: string
    signal: AbortSignal
  },
) => Promise<{ status: number; body: string } | { said: string }>

/** What steps ask of the world. Stood in for by transcripts where the real thing cannot be had. */
export interface StepPorts {
  run: RunProgram
  sql: RunSql
  ldap: AskLdap
  http: AskHttp
}
