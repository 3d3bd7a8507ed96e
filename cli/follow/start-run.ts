import type { z } from 'zod'
import type { StartRunRequest } from '#core/contracts/runs-api.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson, tell } from '../host.ts'
import { followRun } from './follow-run.ts'
import { startOnce } from './start-once.ts'

/**
 * Starts a run and follows it, or with `detach` only says which it is.
 *
 * JSON lines, each with an `event`: `started` {runId}; `progress` {run, jobs} whenever something changed; at last `ended`
 * {run, jobs}, or `left` {runId} after Ctrl-C.
 * @param options.embedded in a larger story, which has its own words for Ctrl-C
 */
export const startRun = async (
  session: Session,
  request: z.input<typeof StartRunRequest>,
  { detach, embedded }: { detach?: true; embedded?: true },
): Promise<ExitCode> => {
  const { host, json, client } = session
  const runId = await startOnce(client, request)
  if (json) printJson(host, { event: 'started', runId })
  if (detach) {
    if (!json)
      print(host, `Run ${runId} is started. Watch it with "xenkeep runs ${runId} --follow".`)
    return ExitCode.ok
  }
  if (!json && !embedded) tell(host, `Run ${runId} is started. Ctrl-C stops watching, not the run.`)
  return followRun(session, runId)
}
