import { z } from 'zod'
import { Instant, Ulid } from './ids.ts'
import { RunState } from './runs-api.ts'

/** How the newest run of a policy, or of a site, stands. */
export const LastRun = z.strictObject({
  runId: Ulid,
  state: RunState,
  started: Instant,
  ended: Instant.optional(),
  /** Once it has ended. */
  line: z.string().max(1_000).optional(),
})
