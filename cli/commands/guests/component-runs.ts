import { Option } from 'commander'
import type { Override } from '#core/contracts/guest-jobs.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import { action, newCommand, type Program } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { startRun } from '../../follow/start-run.ts'
import { quoted } from '../../output/safe-text.ts'
import { lockPolicy, wholeNumber } from '../arguments.ts'
import { resolvePoint } from '../resolve-point.ts'
import { findGuest } from './find-guest.ts'

const gather = (text: string, before: string[] = []): string[] => [...before, text]

interface BackupOptions {
  recipe: string
  instance?: string
  set?: string[]
  full?: true
  lock?: LockPolicy
  detach?: true
}

/** `xenkeep guests backup`. JSON lines, see `startRun`. */
export const backupGuestCommand = (program: Program) =>
  newCommand('backup', 'save one component of a guest now, by a recipe that its settings allow', [
    'xenkeep guests backup db-01 --recipe postgresql',
    'xenkeep guests backup files-01 --recipe files --full --detach',
    'xenkeep guests backup sql-01 --recipe sql-server --set databases[]=CitrixSite',
  ])
    .argument('<guest>', 'UUID or exact name')
    .requiredOption('--recipe <name>', 'as "xenkeep guests show" lists it')
    .option('--instance <name>', 'which one, where the guest has several of the kind')
    .option(
      '--set <name=value>',
      'a parameter of the recipe; name[]=value for each item of a list; may be repeated',
      gather,
    )
    .option('--full', 'read files that look unchanged, too')
    .option('--lock <mode:days>', 'lock the point: governance:30, or compliance:30', lockPolicy)
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, wanted: string, options: BackupOptions) => {
        const { guestUuid } = await findGuest(session, wanted)
        const { recipe, instance, full, lock, detach } = options
        const request = {
          ...{ kind: 'component-backup' as const, guestUuid, recipe },
          ...(instance !== undefined && { instance }),
          ...parametersOf(options.set),
          ...(full && { full }),
          ...(lock && { lock }),
        }
        return startRun(session, request, detach ? { detach } : {})
      }),
    )

interface RestoreOptions {
  onto?: string
  target: 'original' | 'folder'
  set?: string[]
  from?: number
  giveUp?: true
  only?: string[]
  override?: string[]
  detach?: true
}

/** `xenkeep guests restore`. JSON lines, see `startRun`. */
export const restoreGuestCommand = (program: Program) =>
  newCommand('restore', 'bring a component back on its guest, by the steps of its recipe', [
    'xenkeep guests restore 01JD9W5R6D3S0Q6Z1B4W8TXY2K --target folder   # nothing there changes',
    'xenkeep guests restore 01JD9W5R6D3S0Q6Z1B4W8TXY2K --set databases[]=app',
    'xenkeep guests restore 01JD9W5R6D3S0Q6Z1B4W8TXY2K --from 3   # a person has done step 2',
    'xenkeep guests restore 01JD9W5R6D3S0Q6Z1B4W8TXY2K --give-up',
    'xenkeep guests restore 01JD9W5R6D3S0Q6Z1B4W8TXY2K --onto sql-02',
  ])
    .argument('<point>', 'id of a recovery point of a component, or latest:UUID of the component')
    .addOption(
      new Option(
        '--target <where>',
        'original: by the steps of the recipe; folder: what was kept is laid into a folder on the guest',
      )
        .choices(['original', 'folder'])
        .default('original'),
    )
    .option(
      '--set <name=value>',
      'a parameter of the recipe; name[]=value for each item of a list; may be repeated',
      gather,
    )
    .option(
      '--onto <guest>',
      'another guest than it was saved on, by UUID or exact name: its settings have to take that',
    )
    .option('--from <number>', 'go on with the restore that is open, at this step', wholeNumber)
    .option('--give-up', 'end the restore that is open, and remove what the guest keeps for it')
    .option('--only <step>', 'this step alone; may be repeated', gather)
    .option(
      '--override <rule=why>',
      'set a rule of the recipe aside, with the reason; may be repeated',
      gather,
    )
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, wanted: string, options: RestoreOptions) => {
        const { target, onto, from, only, giveUp, override = [], detach } = options
        if ([from, only, giveUp].filter(given => given !== undefined).length > 1)
          throw new UsageError('Give one of --from, --only and --give-up.', 'Nothing was done.')
        const overrides = ruleOverridesOf(override)
        const request = {
          ...{ kind: 'component-restore' as const, target },
          pointId: await resolvePoint(session, wanted),
          ...(onto !== undefined && { onto: (await findGuest(session, onto)).guestUuid }),
          ...parametersOf(options.set),
          ...(from !== undefined && { steps: { from } }),
          ...(only && { steps: { only } }),
          ...(giveUp && { steps: { giveUp } }),
          ...(overrides.length > 0 && { overrides }),
        }
        return startRun(session, request, detach ? { detach } : {})
      }),
    )

/** Rules of recipes, whose names their refusals tell. @throws `USAGE` */
export const ruleOverridesOf = (texts: readonly string[]): Override[] =>
  texts.map(text => {
    const [rule, because] = pairOf('--override', text)
    return { rule, because }
  })

/** @throws `USAGE` */
const parametersOf = (
  texts: readonly string[] = [],
): { parameters?: Record<string, string | string[]> } => {
  const parameters: Record<string, string | string[]> = {}
  for (const text of texts) {
    const [told, value] = pairOf('--set', text)
    const name = told.replace(/\[\]$/, '')
    const before = parameters[name]
    if (told !== name) parameters[name] = [...(Array.isArray(before) ? before : []), value]
    else if (before === undefined) parameters[name] = value
    else throw new UsageError(`--set tells ${quoted(name)} twice.`, 'A list takes NAME[]=VALUE.')
  }
  return texts.length > 0 ? { parameters } : {}
}

const pairOf = (option: string, text: string): [name: string, value: string] => {
  const [, name = '', value = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? []
  if (name === '') throw new UsageError(`${option} takes NAME=VALUE, not ${quoted(text)}.`)
  return [name, value]
}
