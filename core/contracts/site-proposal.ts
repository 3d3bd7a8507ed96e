import { z } from 'zod'
import { SiteDefinition } from './site.ts'

/** How sure a finding is, surest first (docs/xendesktop.md). */
export const Certainty = z.enum(['authoritative', 'certain', 'strong', 'heuristic', 'weak'])
export type Certainty = z.infer<typeof Certainty>

/** A definition as it could be, made of what pools and guests tell. To be read by a person before it is saved. */
export const SiteProposal = z.strictObject({
  /** Left out where nothing of a site was found. */
  site: SiteDefinition.optional(),
  /** Why each of `site.components` is there, in their order. */
  lines: z
    .array(z.strictObject({ certainty: Certainty, because: z.string().min(1).max(1_000) }))
    .max(500),
  /** What else a person should know, a sentence each. */
  notes: z.array(z.string().max(1_000)).max(100),
})
export type SiteProposal = z.infer<typeof SiteProposal>
