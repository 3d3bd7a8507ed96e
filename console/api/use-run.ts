import { isOpen } from './open-run.ts'
import { codeOf } from './problem.ts'
import { LIVE, useCall } from './use-call.ts'

/**
 * A run with a page of its jobs, looked at again until it has ended, and never after that.
 * @param query which of its jobs; the first 50 unless told
 */
export const useRun = (
  runId: string,
  query: { only?: 'open' | 'troubled'; after?: string; limit?: number } = {},
) =>
  useCall(
    'getRun',
    { params: { runId }, query: { limit: JOBS, ...query } },
    {
      // Of 10,000 jobs it takes a while to find those that failed.
      every: (reply, error) => {
        if ((reply && !isOpen(reply.run)) || codeOf(error) === 'RUN_NOT_FOUND') return false
        return query.only === 'troubled' ? LIVE.list : LIVE.run
      },
    },
  )

/** Jobs that one look brings, at 2 to 4 KB each. */
const JOBS = 50
