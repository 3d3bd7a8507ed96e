import { z } from 'zod'
import { ScriptName } from './boot-check.ts'

/** How a policy names a program. */
export const program = {
  /** Which program of the gateway's own settings (`gateway.hookScripts`). The control plane names it and never brings it. */
  script: ScriptName,
  timeoutSeconds: z.int().min(1).max(7_200).default(300),
}

/** Programs that a gateway runs before and after the backup of each VM. */
export const Hooks = z
  .strictObject({
    /** When it fails or takes too long: the backup of this VM fails, or goes on with a note. */
    before: z
      .strictObject({ ...program, ifFails: z.enum(['fail', 'note']).default('fail') })
      .optional(),
    /** Runs whenever `before` was begun, also when the backup failed. When it fails itself, that is a note: the point is made by then. */
    after: z.strictObject(program).optional(),
  })
  .refine(({ before, after }) => before || after, { message: 'has neither before nor after' })
export type Hooks = z.output<typeof Hooks>
