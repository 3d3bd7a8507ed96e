import { z } from 'zod'

/** What is told of an error, in every answer, result and JSON output: a stable code, one sentence, what to do next. */
export const Problem = z.strictObject({
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .max(80),
  message: z.string().max(2_000),
  advice: z.string().max(2_000),
  retryable: z.boolean(),
})
export type Problem = z.infer<typeof Problem>
