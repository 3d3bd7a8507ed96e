import { z } from 'zod'
import { Ulid } from '#core/contracts/ids.ts'

export const RunInput = z.object({ runId: Ulid })
export const JobInput = z.object({ runId: Ulid, jobId: Ulid })
export const DispatchInput = JobInput.extend({ taskToken: z.string().min(1).max(2_048) })

/** What `Catch` hands over: the name of the error and its message. */
export const Caught = z.object({ Error: z.string().optional(), Cause: z.string().optional() })
export const RunFailure = RunInput.extend({ error: Caught })
export const JobFailure = JobInput.extend({ error: Caught })
export type JobFailure = z.output<typeof JobFailure>
