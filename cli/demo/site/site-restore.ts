import type { SiteStepView } from '#core/contracts/site-restores-api.ts'
import { listAll } from '../../control-plane.ts'
import { ExitCode } from '../../exit-codes.ts'
import { followRun } from '../../follow/follow-run.ts'
import { count } from '../../output/units.ts'
import { StoryEndedError } from '../story.ts'
import { CHANGED, type SiteStage } from './site-stage.ts'

/** What came of the restore. */
export interface Restored {
  /** Steps of XenKeep, of the person, and those left out. */
  automatic: number
  byHand: number
  skipped: number
  state: string
  /** The restored controller. */
  controller?: string
  /** Of those of the person, the ones inside a step of XenKeep. */
  withinSteps: number
}

type Way = 'start' | 'by-hand' | 'skip'

/** Which steps are needed after this disaster, and who does them. */
const wayOf = ({ database, directory }: SiteStage, { id, kind, job }: SiteStepView): Way => {
  // What is a member of the point and was not lost is no work for anybody.
  if (kind === 'manual') return id.startsWith('restore:') ? 'skip' : 'by-hand'
  if (job?.kind === 'restore-vm')
    return job.vmName === 'DDC02' || job.vmName === CHANGED ? 'start' : 'skip'
  if (job?.kind !== 'restore-component') return 'skip'
  if (job.recipe === 'samba-ad-dc') return directory ? 'start' : 'skip'
  return job.recipe === 'files' || database ? 'start' : 'skip'
}

/** Goes through the restore plan of a site point, step by step, as an administrator would. */
export const bringBack = async (stage: SiteStage, pointId: string): Promise<Restored> => {
  const { narrator, session } = stage
  const { client } = session
  narrator.chapter('Bringing the site back, step by step by its restore plan')
  const plan = await client.call('getSitePlan', { params: { pointId } })
  narrator.line(
    `The plan has ${count(plan.stepCount, 'step')}. What only a person can do, the story says it did.`,
  )
  const { restoreId } = await client.call('startSiteRestore', { body: { pointId } })
  const { steps } = await client.call('getSiteRestore', { params: { restoreId } })
  const done: Restored = { automatic: 0, byHand: 0, withinSteps: 0, skipped: 0, state: '' }
  const step = (number: number, command: 'confirm' | 'skip', because?: string) =>
    client.call('stepSiteRestore', {
      params: { restoreId },
      body: { step: number, command, ...(because !== undefined && { because }) },
    })
  for (const view of steps) {
    const { number, title } = view
    const tell = (who: string) => narrator.line(`${String(number).padStart(3)} ${who} ${title}`)
    switch (wayOf(stage, view)) {
      case 'skip':
        tell('left out:    ')
        await step(number, 'skip', 'It was not lost.')
        done.skipped += 1
        break
      case 'by-hand':
        tell('confirmed:   ')
        await step(number, 'confirm')
        done.byHand += 1
        break
      case 'start': {
        tell('by XenKeep:  ')
        const { vm, confirmed } = await startStep(stage, restoreId, view)
        if (view.job?.kind === 'restore-vm' && view.job.vmName === 'DDC02') done.controller = vm
        done.automatic += 1
        done.byHand += confirmed
        done.withinSteps += confirmed
      }
    }
  }
  const { restore } = await client.call('getSiteRestore', { params: { restoreId } })
  return { ...done, state: restore.state }
}

/**
 * Starts a step, and confirms what it stops for: the recipe of the directory waits where a person makes sure that no other controller works, and once more where its
 * files are put in their place.
 * @returns the VM that it restored, where it did, and how often a person was waited for
 * @throws `DEMO_STOPPED`
 */
const startStep = async (
  { session, narrator }: SiteStage,
  restoreId: string,
  { number, title, job }: SiteStepView,
): Promise<{ vm: string; confirmed: number }> => {
  const { client } = session
  const params = { restoreId }
  // Halted disks can be compared; the story starts nothing.
  const restore = job?.kind === 'restore-vm' && { restore: { start: false } }
  const start = { step: number, command: 'start' as const, ...restore }
  let { runId } = await client.call('stepSiteRestore', { params, body: start })
  for (let confirmed = 0; ; confirmed++) {
    const exitCode = runId === undefined ? ExitCode.failed : await followRun(session, runId)
    if (runId !== undefined && exitCode === ExitCode.ok) {
      const [first] = (await client.call('getRun', { params: { runId } })).jobs
      const report = first?.outcome?.status === 'restored' ? first.outcome.report : undefined
      return { vm: report?.newVmUuid ?? '', confirmed }
    }
    const { steps } = await client.call('getSiteRestore', { params })
    const now = steps.find(step => step.number === number)
    if (now?.state !== 'action-required')
      throw new StoryEndedError(`the step ${title} did not succeed`)
    narrator.line(`      ${now.line}`)
    narrator.line('      confirmed by a person; it goes on')
    const confirm = { step: number, command: 'confirm' as const }
    runId = (await client.call('stepSiteRestore', { params, body: confirm })).runId
  }
}

/** Points that are in the repository. */
export const countPoints = async ({ session }: SiteStage): Promise<number> =>
  (await listAll(session.client, 'listPoints')).length
