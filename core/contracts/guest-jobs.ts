import { z } from 'zod'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { LockPolicy, SiteMark } from './points.ts'
import { Problem } from './problem.ts'
import { ValueName } from './recipe-steps.ts'
import { Phase, RecipeName, RecipeParameters } from './recipes.ts'

/** What every job for an agent in a guest says. */
const component = {
  /** The agent's own UUID: its queue. */
  guestUuid: XenUuid,
  /** Of what it works on: UUID version 5 of guest, recipe and instance. Its recovery points are found under it. */
  componentUuid: XenUuid,
  /** The component's name, for lists. */
  name: NameLabel,
}

/** Save one component of a guest as one recovery point, by a recipe that the guest's own settings allow. */
export const CaptureComponentSpec = z.strictObject({
  kind: z.literal('capture-component'),
  ...component,
  /** The guest's VM, where it is known. */
  vmUuid: XenUuid.optional(),
  recipe: RecipeName,
  /** Which of several of its kind on the guest; part of `componentUuid`. */
  instance: z.string().min(1).max(200).optional(),
  /** Refused where the guest has another version. */
  recipeVersion: z.int().min(1).optional(),
  parameters: RecipeParameters.optional(),
  /** Without the lock there is no point. */
  lock: LockPolicy.optional(),
  /** The policy that asks for it, whose retention the point is under. */
  policyId: Ulid.optional(),
  site: SiteMark.optional(),
  /** Files that look unchanged are read all the same. */
  full: z.boolean().optional(),
})
export type CaptureComponentSpec = z.infer<typeof CaptureComponentSpec>

/** A rule that a person sets aside, and why. Written into the log of the restore. */
export const Override = z.strictObject({
  rule: z.string().min(1).max(100),
  because: z.string().min(1).max(500),
})
export type Override = z.infer<typeof Override>

/** Which step of a restore, from 1. */
export const StepNumber = z.int().min(1).max(1_000)

/** Bring a component back, step by step, or lay what was kept of it into a folder of the guest. */
export const RestoreComponentSpec = z.strictObject({
  kind: z.literal('restore-component'),
  ...component,
  pointId: Ulid,
  /** The guest that it was saved on, where that is another one than it is restored on. */
  savedOn: XenUuid.optional(),
  /** Beside those that were recorded with the point; they win. */
  parameters: RecipeParameters.optional(),
  /**
   * Without: all steps, from the first. `from` goes on with the restore of this point that is open on the guest, at this step: numbers count the steps of the phases
   * `restore` and `postcheck` from 1; one more than there are: only the end of it is left. `only` does these steps of the phase `restore` and no others. `giveUp` ends that restore and lets go what the guest keeps for it.
   */
  steps: z
    .union([
      z.strictObject({ from: StepNumber }),
      z.strictObject({ only: z.array(ValueName).min(1).max(100) }),
      z.strictObject({ giveUp: z.literal(true) }),
    ])
    .optional(),
  /** `folder`: the recipe restores nothing, the content is laid into a folder of the agent's, which the report names. */
  target: z.enum(['original', 'folder']).default('original'),
  overrides: z.array(Override).max(20).optional(),
})
export type RestoreComponentSpec = z.infer<typeof RestoreComponentSpec>

export const guestSpecs = [CaptureComponentSpec, RestoreComponentSpec] as const

/** What became of one step; of a step for each item of a list, once for each. */
export const StepResult = z.strictObject({
  phase: Phase,
  id: ValueName,
  /** Of a restore: its place among all steps of `restore` and `postcheck`, from 1. Older agents do not tell. */
  number: StepNumber.optional(),
  item: z.string().max(200).optional(),
  /** In the recipe's words. */
  does: z.string().max(500),
  /** `left-out`: its condition did not hold; `manual`: a person has to do it; `not-begun`: something before it stopped the work. */
  result: z.enum(['done', 'left-out', 'failed', 'manual', 'not-begun']),
  began: Instant.optional(),
  seconds: z.number().nonnegative().optional(),
  /** What a person has to do, what failed, what was set aside, what was found. */
  text: z.string().max(1_000).optional(),
})
export type StepResult = z.infer<typeof StepResult>

export const ComponentRestoreReport = z.strictObject({
  componentUuid: XenUuid,
  pointId: Ulid,
  recipe: z.strictObject({ name: RecipeName, version: z.int() }),
  /** In the order of the work, those of earlier jobs of the same restore among them. */
  steps: z.array(StepResult).max(500),
  /** Where it stopped: at a step for a person, or at one that failed. Once that is settled, another job goes on `from` a step. */
  stopped: z
    .strictObject({
      at: ValueName,
      because: z.enum(['manual', 'failed']),
      /** The number of that step, and how many there are. Left out of one before the first; older agents do not tell. */
      number: StepNumber.optional(),
      of: StepNumber.optional(),
      /** What a person has to do, with values filled in. */
      text: z.string().max(4_000).optional(),
      /** Which steps it goes on from, what is right for most first: behind a manual step; a step that failed, or the one behind it where a person has done it. */
      from: z.array(StepNumber).min(1).max(2).optional(),
      problem: Problem.optional(),
    })
    .optional(),
  /** A restore that was open is given up; the notes tell what it leaves. */
  givenUp: z.literal(true).optional(),
  /** Of `target: folder`: where the content lies, on the guest. */
  folder: z.string().max(4_096).optional(),
  notes: z.array(z.string().max(500)).max(50),
})
export type ComponentRestoreReport = z.infer<typeof ComponentRestoreReport>

export const componentRestored = z.strictObject({
  status: z.literal('component-restored'),
  report: ComponentRestoreReport,
})
