import { z } from 'zod'
import { CaptureComponentSpec, RestoreComponentSpec } from './guest-jobs.ts'

const { guestUuid, recipe, instance, parameters, full, lock } = CaptureComponentSpec.shape

/** Part of POST /v1/runs: save one component of a guest now, beside whatever a site does. No policy expires the point. */
export const BackUpComponentRequest = z.strictObject({
  kind: z.literal('component-backup'),
  ...{ guestUuid, recipe, instance, parameters, full, lock },
})

const { pointId, steps, target, overrides } = RestoreComponentSpec.shape

/** Part of POST /v1/runs: bring one component back on the guest that it was saved on, by the steps of its recipe, or lay its content into a folder there. */
export const RestoreComponentRequest = z.strictObject({
  kind: z.literal('component-restore'),
  /** Another guest that it is brought to: its settings have to take points of the one that it was saved on ("restoreFrom"), and an administrator has to approve. */
  onto: guestUuid.optional(),
  ...{ pointId, parameters: RestoreComponentSpec.shape.parameters, steps, target, overrides },
})
export type RestoreComponentRequest = z.infer<typeof RestoreComponentRequest>
