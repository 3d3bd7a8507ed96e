import type { z } from 'zod'
import type { Problem } from '#core/contracts/problem.ts'
import type { GetRunReply } from '#core/contracts/runs-api.ts'
import { isOpen } from '../../api/open-run.ts'

/** How a look at the files of a point stands. */
export type Look =
  /** Nobody has asked for it yet. */
  | { state: 'closed' }
  | { state: 'refused'; error: unknown }
  /** `line`: why no gateway has it in hand yet. */
  | { state: 'starting'; runId?: string; line?: string }
  | { state: 'approval'; runId: string; line: string }
  | { state: 'ready'; runId: string }
  /** `problem`: why it did not come to its end as it should. */
  | { state: 'ended'; runId: string; line: string; problem?: Problem }

/** What is known of it. */
export interface LookFacts {
  begun: boolean
  /** Once the control plane has taken it. */
  runId?: string | undefined
  /** Why it could not be started. */
  error?: unknown
  /** Its run, as it was seen last. */
  seen?: z.infer<typeof GetRunReply> | undefined
}

export const lookOf = ({ begun, runId, error, seen }: LookFacts): Look => {
  if (!begun) return { state: 'closed' }
  if (error !== undefined) return { state: 'refused', error }
  if (runId === undefined) return { state: 'starting' }
  // What was seen last may be of the look before.
  if (seen?.run.runId !== runId) return { state: 'starting', runId }
  const { run, jobs } = seen
  const [job] = jobs
  if (!isOpen(run)) return { state: 'ended', runId, line: run.line, ...troubleOf(seen) }
  if (run.state === 'waiting') return { state: 'approval', runId, line: run.line }
  if (job?.state === 'leased') return { state: 'ready', runId }
  return { state: 'starting', runId, line: job?.line ?? run.line }
}

const troubleOf = ({ run, jobs }: z.infer<typeof GetRunReply>): { problem?: Problem } => {
  const outcome = jobs[0]?.outcome
  const problem = outcome?.status === 'failed' ? outcome.problem : run.problem
  return problem ? { problem } : {}
}
