import type { CaptureComponentSpec, RestoreComponentSpec } from '#core/contracts/guest-jobs.ts'
import type { RecipeFacts } from '#core/contracts/guests-api.ts'
import type { Repository } from '#repository/index.ts'
import type { JobContext, LeasedJob, Performed } from '../control/leased-job.ts'

/** A job of one kind, and what it works with. */
export interface GuestJob<Spec> {
  job: LeasedJob
  spec: Spec
  /** With the rights of this job. */
  repository: Repository
  context: JobContext
}

/** An application that holds still. */
export interface HeldStill {
  /** Lets it go on; never throws. @returns what went wrong, a clause */
  release(): Promise<string | undefined>
}

/** What recipes do in a guest. All of it within what its settings allow. */
export interface GuestWork {
  capture(job: GuestJob<CaptureComponentSpec>): Promise<Performed>
  restore(job: GuestJob<RestoreComponentSpec>): Promise<Performed>
  /** What the allowed recipes find; never throws, a recipe that cannot be used says why. */
  probe(signal: AbortSignal): Promise<RecipeFacts[]>
  /** What was brought to rest and could not be released, as it stood when that was last tried: in sentences, with what to do. */
  unreleased(): readonly string[]
  /**
   * Brings the application of a recipe to rest, for a snapshot.
   * @throws where it does not come to rest; then nothing of it is left
   */
  holdStill(recipe: string, signal: AbortSignal): Promise<HeldStill>
  /** Lets go what a former life of this process left at rest. */
  settle(): Promise<void>
}
