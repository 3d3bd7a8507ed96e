import { z } from 'zod'
import { Ulid } from '#core/contracts/ids.ts'

/** `attempt`: which execution of the run asks; older versions did not tell. */
export const RunInput = z.object({ runId: Ulid, attempt: z.int().nonnegative().optional() })
export const JobInput = RunInput.extend({ jobId: Ulid })
export const DispatchInput = JobInput.extend({ taskToken: z.string().min(1).max(2_048) })

/** What `Catch` hands over: the name of the error and its message. */
export const Caught = z.object({ Error: z.string().optional(), Cause: z.string().optional() })
export const RunFailure = RunInput.extend({ error: Caught })
export const JobFailure = JobInput.extend({ error: Caught })
export type JobFailure = z.output<typeof JobFailure>
