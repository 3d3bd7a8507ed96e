import { z } from 'zod'
import { ScriptName } from './boot-check.ts'
import { program } from './hooks.ts'
import { NameLabel, Ulid, XenUuid } from './ids.ts'

/** Whether backups begin all the same where the program before them has failed. */
const IfFails = z.enum(['fail', 'note'])

/** Programs that one gateway runs around a whole run of a policy: before its first backup, and after its last. */
export const RunPrograms = z
  .strictObject({
    /** UUID or exact name of the pool whose gateway runs them. Left out: the pool that has most of the run's VMs. */
    pool: z.string().min(1).max(1_000).optional(),
    before: z.strictObject({ ...program, ifFails: IfFails.default('fail') }).optional(),
    /** Runs whenever `before` may have been begun, also where the run was cancelled. */
    after: z.strictObject(program).optional(),
  })
  .refine(({ before, after }) => before || after, { message: 'has neither before nor after' })
export type RunPrograms = z.output<typeof RunPrograms>

/** Run one program of the gateway's own settings before the first backup of a run, or after its last. */
export const RunProgramSpec = z.strictObject({
  kind: z.literal('run-program'),
  /** The pool whose gateway runs it. */
  poolUuid: XenUuid,
  /** That of the pool again, and its name: what a VM is to other jobs. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  when: z.enum(['before', 'after']),
  script: ScriptName,
  timeoutSeconds: z.int().min(1).max(7_200),
  /** Only of `before`. */
  ifFails: IfFails.optional(),
  policyId: Ulid,
  policyName: z.string().max(200),
  /** How many VMs the run backs up. */
  vms: z.int().nonnegative(),
  /** Only of `after`, once it is given to a gateway: what the backups came to. */
  status: z.enum(['succeeded', 'warning', 'failed', 'cancelled']).optional(),
})
export type RunProgramSpec = z.infer<typeof RunProgramSpec>

/** What such a job comes to. */
export const programRan = z.strictObject({
  status: z.literal('program-ran'),
  /** The last line that it wrote. */
  said: z.string().max(500),
})
