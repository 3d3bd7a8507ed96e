import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SiteStepView } from '#core/contracts/site-restores-api.ts'
import { listAll } from '../../control-plane.ts'
import { followRun } from '../../follow/follow-run.ts'
import { count } from '../../output/units.ts'
import { StoryEndedError } from '../story.ts'
import { output, run } from './programs.ts'
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
  /** smb.conf of the domain that was made anew. */
  directory?: string
}

type Way = 'start' | 'by-hand' | 'directory' | 'skip'

/** Which steps are needed after this disaster, and who does them. */
const wayOf = ({ database, directory }: SiteStage, { id, kind, job }: SiteStepView): Way => {
  // What is a member of the point and was not lost is no work for anybody.
  if (kind === 'manual') return id.startsWith('restore:') ? 'skip' : 'by-hand'
  if (job?.kind === 'restore-vm')
    return job.vmName === 'DDC02' || job.vmName === CHANGED ? 'start' : 'skip'
  if (job?.kind !== 'restore-component') return 'skip'
  if (job.recipe === 'samba-ad-dc') return directory ? 'directory' : 'skip'
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
  const done: Restored = { automatic: 0, byHand: 0, skipped: 0, state: '' }
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
      case 'directory':
        tell('by a person: ')
        done.directory = await makeDirectoryAnew(stage, view)
        await step(number, 'confirm', 'Made anew by samba-tool of the backup in the repository.')
        done.byHand += 1
        break
      case 'start': {
        tell('by XenKeep:  ')
        const vm = await startStep(stage, restoreId, view)
        if (view.job?.kind === 'restore-vm' && view.job.vmName === 'DDC02') done.controller = vm
        done.automatic += 1
      }
    }
  }
  const { restore } = await client.call('getSiteRestore', { params: { restoreId } })
  return { ...done, state: restore.state }
}

/** @returns the VM that it restored, where it did @throws `DEMO_STOPPED` */
const startStep = async (
  { session }: SiteStage,
  restoreId: string,
  { number, title, job }: SiteStepView,
): Promise<string> => {
  const { client } = session
  const { runId } = await client.call('stepSiteRestore', {
    params: { restoreId },
    // Halted disks can be compared; the story starts nothing.
    body: {
      step: number,
      command: 'start',
      ...(job?.kind === 'restore-vm' && { restore: { start: false } }),
    },
  })
  const exitCode = runId === undefined ? 1 : await followRun(session, runId)
  if (exitCode !== 0 || runId === undefined)
    throw new StoryEndedError(`the step ${title} did not succeed`)
  const [first] = (await client.call('getRun', { params: { runId } })).jobs
  return first?.outcome?.status === 'restored' ? first.outcome.report.newVmUuid : ''
}

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))

/**
 * Before a domain is made anew, a person has to make sure that no other controller works; so the recipe stops there. Here a person does all of it: takes Samba's backup
 * out of the repository with its passphrase alone, and has Samba make the domain.
 */
const makeDirectoryAnew = async (
  { narrator, folder, passphraseFile, directory, session }: SiteStage,
  { job }: SiteStepView,
): Promise<string> => {
  if (!directory || !job) throw new StoryEndedError('there is no directory')
  const file = join(folder, 'samba-backup.tar.bz2')
  const words = ['repo', 'export', job.pointId, '--stream', 'samba-backup.tar.bz2', '-o', file]
  narrator.line(`      $ xenkeep ${words.join(' ')}`)
  const passphrase = (await readFile(passphraseFile, 'utf8')).trimEnd()
  await run(
    process.execPath,
    [main, ...words, '--repository', `file:${join(folder, 'repository')}`],
    { ...output, env: { ...session.host.env, XENKEEP_PASSPHRASE: passphrase } },
  )
  narrator.line('      $ samba-tool domain backup restore --newservername=dc02 …')
  return directory.restore(file)
}

/** Points that are in the repository. */
export const countPoints = async ({ session }: SiteStage): Promise<number> =>
  (await listAll(session.client, 'listPoints')).length
