import type { CaptureComponentSpec, StepResult } from '#core/contracts/guest-jobs.ts'
import type { Recipe } from '#core/contracts/recipes.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { PointUnintelligibleError } from '#core/errors/point.ts'
import { type ComponentSubject, GuestComponentSubject } from '#core/points/component-subject.ts'
import { summarizeComponent } from '#core/points/component-summary.ts'
import type { Point, Repository } from '#repository/index.ts'
import type { JobContext, Performed } from '../control/leased-job.ts'
import { readLock } from '../jobs/read-lock.ts'
import { bounded } from '../sentences.ts'
import type { ComponentJob } from './component-job.ts'
import { type KeptContent, keepContent } from './keep-content.ts'
import { recipeDigest } from './library.ts'
import { atRest } from './release.ts'
import { planIn, type RecipeRoom, withStepsRoom } from './room.ts'
import { type Course, runSteps, type Stop } from './run-steps.ts'

/**
 * Saves one component of the guest as one recovery point, by a recipe. Run again under the same id, it finds its point and answers the same.
 * @throws `RECIPE_*`, `DATABASE_*`, `STAGING_FULL`, `SECRET_UNREADABLE`, errors of the repository; there is no point then, and what was at rest is released
 */
export const captureComponent = async (
  room: RecipeRoom,
  job: ComponentJob<CaptureComponentSpec>,
): Promise<Performed> => {
  const { jobId, spec, repository, context } = job
  const made = await pointOf(repository, spec.componentUuid, jobId)
  if (made) return captured(repository, made)

  const recipe = await room.library.find(spec.recipe, spec.recipeVersion)
  const phases = ['probe', 'quiesce', 'capture', 'verify', 'release'] as const
  const plan = await planIn(room, recipe, phases, spec.parameters)
  // Nothing is paused in vain.
  await repository.assertTakesPoints({ lock: spec.lock })
  const { signal } = context
  const steps = (wanted: string) => plan.steps.filter(({ phase }) => phase === wanted)
  return withStepsRoom(room, { jobId, recipe, signal }, async opened => {
    const course: Course = { values: { ...plan.parameters }, results: [] }
    const taken = room.clock.now()
    const { componentUuid: vmUuid, lock } = spec
    const stepsRoom = { ...opened, onStep: (phase: string) => report(context, phase) }
    unlessStopped(await runSteps(steps('probe'), course, stepsRoom))
    const { base, notes } = await baseOf(repository, recipe, vmUuid)
    const writer = await repository.beginPoint({ jobId, vmUuid, base, lock, signal })
    const reread = spec.full ?? false
    const kept = keepContent({ writer, repository, base, reread, context })
    kept.notes.push(...notes)
    const withKeeper = { ...stepsRoom, keeper: kept.keeper }
    try {
      const rested = await atRest(room, { recipe, course, steps: withKeeper }, async () => {
        const stop = await runSteps([...steps('capture'), ...steps('verify')], course, withKeeper)
        unlessStopped(stop)
      })
      if ('stopped' in rested) unlessStopped(rested.stopped)
      context.report({ phase: 'committing the recovery point' })
      const subject = subjectOf(room, job, { recipe, course, taken, kept, plan, rested })
      const point = await writer.commit(GuestComponentSubject.parse(subject))
      context.report({ bytesStored: writer.statistics.storedBytes + point.size })
      return await captured(repository, point)
    } catch (error) {
      await writer.abort()
      throw error
    }
  })
}

const report = (context: JobContext, phase: string): void =>
  context.report({ phase: phase.slice(0, 200) })

/** @throws the error of the step that failed */
const unlessStopped = (stop: Stop | undefined): void => {
  if (stop?.because === 'failed') throw stop.error
}

interface Captured {
  recipe: Recipe
  course: Course
  taken: number
  kept: KeptContent
  plan: { parameters: Course['values'] }
  rested: object
}

const subjectOf = (
  { guest }: RecipeRoom,
  { spec }: Pick<ComponentJob<CaptureComponentSpec>, 'spec'>,
  { recipe, course, taken, kept, plan, rested }: Captured,
): unknown => {
  const { name, version, title, consistency, evidence } = recipe
  const parameters = new Set(Object.keys(plan.parameters))
  const unreleased = 'unreleased' in rested ? String(rested.unreleased) : undefined
  return {
    ...{ format: 'component', version: 1, name: spec.name },
    recipe: {
      ...{ name, version, title, sha256: recipeDigest(recipe) },
      ...(spec.instance !== undefined && { instance: spec.instance }),
    },
    guest: {
      ...{ uuid: guest.uuid, name: guest.name, os: guest.osName },
      ...(spec.vmUuid && { vmUuid: spec.vmUuid }),
    },
    taken,
    ...(spec.policyId && { policyId: spec.policyId }),
    ...(spec.site && { site: spec.site }),
    parameters: plan.parameters,
    facts: Object.fromEntries(
      Object.entries(course.values).filter(([key]) => !parameters.has(key)),
    ),
    steps: shortened(course.results),
    trees: kept.trees,
    streams: kept.streams,
    ...{ consistency, evidence, bytesRead: kept.bytesRead() },
    notes: bounded([
      ...(unreleased === undefined
        ? []
        : [`The component is not released yet, and the agent goes on trying: ${unreleased}`]),
    ]),
  }
}

/** Trees go on from the last point; streams are cut by content and need none. */
const baseOf = async (
  repository: Repository,
  { phases }: Recipe,
  componentUuid: string,
): Promise<{ base?: Point; notes: string[] }> => {
  if (!phases.capture.some(({ fileTree }) => fileTree)) return { notes: [] }
  try {
    const base = await repository.latestPoint(componentUuid)
    return { ...(base && { base }), notes: [] }
  } catch (error) {
    const { message, retryable } = asXenkeepError(error)
    if (retryable) throw error
    return { notes: [`All files were read, because the last point cannot serve: ${message}`] }
  }
}

/** What a report and a commit record have of a long row: how it began, and how it ended. */
const SHOWN = { first: 150, last: 50 }

/** A server of ten thousand databases has as many results, which no catalog would take. */
export const shortened = (results: readonly StepResult[]): readonly StepResult[] =>
  results.length <= SHOWN.first + SHOWN.last
    ? results
    : [...results.slice(0, SHOWN.first), ...results.slice(-SHOWN.last)]

/** @returns the point of this id among those of the component */
export const pointOf = async (
  repository: Pick<Repository, 'points' | 'readPoint'>,
  componentUuid: string,
  pointId: string,
): Promise<Point | undefined> => {
  for await (const ref of repository.points(componentUuid))
    if (ref.id === pointId) return repository.readPoint(ref)
  return undefined
}

const captured = async (repository: Repository, point: Point): Promise<Performed> => {
  const parsed = GuestComponentSubject.safeParse(point.subject)
  if (!parsed.success) throw new PointUnintelligibleError(point.id, parsed.error)
  const subject: ComponentSubject = parsed.data
  const summary = summarizeComponent(
    repository.id,
    point,
    subject,
    await readLock(repository, point),
  )
  return { outcome: { status: 'backed-up', point: summary, notes: subject.notes } }
}
