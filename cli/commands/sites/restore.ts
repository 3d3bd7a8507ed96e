import { Argument } from 'commander'
import type { SiteRestoreView, SiteStepView } from '#core/contracts/site-restores-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { followRun } from '../../follow/follow-run.ts'
import { startRun } from '../../follow/start-run.ts'
import type { Host } from '../../host.ts'
import { safeText } from '../../output/safe-text.ts'
import { type Column, table } from '../../output/table.ts'
import { restoreLines } from '../../sites/restore-lines.ts'
import { wholeNumber } from '../arguments.ts'
import { ruleOverridesOf } from '../guests/component-runs.ts'

/** JSON: what the route answers. */
export const restoreSiteCommand = (program: Program) =>
  newCommand(
    'restore',
    'begin to bring a XenDesktop site back, step by step; nothing is restored yet',
    [
      'xenkeep site restore 01KAZ3M7Q1V5N8R2T4W6Y9B0CD',
      'xenkeep site plan 01KAZ3M7Q1V5N8R2T4W6Y9B0CD      # only look at the steps',
    ],
  )
    .argument('<point>', 'id of a site point')
    .action(
      action(program, async (session, pointId: string) => {
        const { client, host } = session
        const { restoreId } = await client.call('startSiteRestore', {
          body: { pointId: pointId.toUpperCase() },
        })
        const { restore, steps } = await wholeRestore(session, restoreId)
        answer(session, { restoreId, restore, steps }, () => [
          ...restoreLines(restore, steps, host.time),
          `Do the steps in their order: "xenkeep site step ${restoreId} NUMBER start", or "done" for what a person does.`,
        ])
        return ExitCode.ok
      }),
    )

/** JSON lines, see `startRun`. */
export const recallSiteCommand = (program: Program) =>
  newCommand(
    'recall',
    'have a gateway read in the repository what a site point names, after a lost catalog',
    ['xenkeep site recall 01KAZ3M7Q1V5N8R2T4W6Y9B0CD'],
  )
    .argument('<point>', 'id of a site point')
    .option('--detach', 'start it and return at once')
    .action(
      action(program, async (session, pointId: string, { detach }: { detach?: true }) =>
        startRun(
          session,
          { kind: 'site-plan', pointId: pointId.toUpperCase() },
          detach ? { detach } : {},
        ),
      ),
    )

/** JSON: `{"restores":[SiteRestoreView]}`, or for one `{"restore":…,"steps":[…]}`. */
export const siteRestoresCommand = (program: Program) =>
  newCommand('restores', 'list the restores of XenDesktop sites, or show one with its steps', [
    'xenkeep site restores',
    'xenkeep site restores 01KAZ4A2B3C4D5E6F7G8H9J0KM',
  ])
    .argument('[restore]', 'id of a restore')
    .action(
      action(program, async (session, restoreId: string | undefined) => {
        const { client, host } = session
        if (restoreId !== undefined) {
          const whole = await wholeRestore(session, restoreId.toUpperCase())
          answer(session, whole, () => restoreLines(whole.restore, whole.steps, host.time))
          return ExitCode.ok
        }
        const restores = await listAll(client, 'listSiteRestores')
        answer(session, { restores }, () =>
          restores.length > 0
            ? table(columns(host), restores)
            : ['No site was ever restored. "xenkeep site restore POINT" begins.'],
        )
        return ExitCode.ok
      }),
    )

const columns = ({ time }: Pick<Host, 'time'>): Column<SiteRestoreView>[] => [
  { title: 'RESTORE', cell: ({ restoreId }) => restoreId },
  { title: 'SITE', cell: ({ siteName }) => safeText(siteName) },
  { title: 'BEGUN', cell: ({ started }) => time(started) },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'STEPS', cell: ({ line }) => safeText(line) },
]

const PAGE = { limit: 500 }

const wholeRestore = async (
  { client }: Pick<Session, 'client'>,
  restoreId: string,
): Promise<{ restore: SiteRestoreView; steps: SiteStepView[] }> => {
  const params = { restoreId }
  const { restore, steps, next } = await client.call('getSiteRestore', { params, query: PAGE })
  for (let after = next; after !== undefined; ) {
    const page = await client.call('getSiteRestore', { params, query: { ...PAGE, after } })
    steps.push(...page.steps)
    after = page.next
  }
  return { restore, steps }
}

const COMMANDS = { start: 'start', done: 'confirm', skip: 'skip', again: 'again' } as const

interface StepOptions {
  because?: string
  pool?: string
  sr?: string
  name?: string
  identity?: 'new' | 'same' | 'disks-only'
  replace?: true
  start?: boolean
  from?: number
  override?: string[]
  detach?: true
}

/** JSON lines of the run where one was started (see `startRun`), else what the route answers. */
export const stepSiteCommand = (program: Program) =>
  newCommand('step', 'do a step of a restore of a XenDesktop site, or say what became of it', [
    'xenkeep site step 01KAZ4A2B3C4D5E6F7G8H9J0KM 3 start',
    'xenkeep site step 01KAZ4A2B3C4D5E6F7G8H9J0KM 3 start --replace   # over the VM that is there',
    'xenkeep site step 01KAZ4A2B3C4D5E6F7G8H9J0KM 3 start --from 5   # of a component that stopped',
    'xenkeep site step 01KAZ4A2B3C4D5E6F7G8H9J0KM 4 done --because "DNS answers from DC01"',
    'xenkeep site step 01KAZ4A2B3C4D5E6F7G8H9J0KM 5 skip --because "the licence server was not lost"',
  ])
    .argument('<restore>', 'id of a restore')
    .argument('<number>', 'of the step, as "site restores RESTORE" tells', wholeNumber)
    .addArgument(
      new Argument(
        '<what>',
        'start: have it done; done: a person did it, the rest goes on; skip: leave it out; again: reopen it',
      ).choices(Object.keys(COMMANDS)),
    )
    .option('--because <text>', 'why; asked for with skip, and where a person did what a run would')
    .option('--pool <uuid>', 'of start: into this pool')
    .option('--sr <uuid>', 'of start: onto this storage repository')
    .option('--name <name>', 'of start: under this name')
    .option(
      '--identity <identity>',
      'of start: new, same or disks-only; needs --because where the plan says otherwise',
    )
    .option('--replace', 'of start: replace the VM of the same UUID that is still there')
    .option('--no-start', 'of start: leave the VM switched off')
    .option(
      '--from <step>',
      'of start, of a component: go on with its restore at this step of the recipe',
      wholeNumber,
    )
    .option(
      '--override <rule=why>',
      'of start: set a rule aside, with the reason; may be repeated',
      (text: string, before: string[] = []) => [...before, text],
    )
    .option('--detach', 'of start: return at once')
    .action(
      action(
        program,
        async (
          session,
          restore: string,
          step: number,
          what: keyof typeof COMMANDS,
          options: StepOptions,
        ) => {
          const { client } = session
          const command = COMMANDS[what]
          const { because, detach } = options
          const reply = await client.call('stepSiteRestore', {
            params: { restoreId: restore.toUpperCase() },
            body: {
              ...{ step, command },
              ...(because !== undefined && { because }),
              ...(command === 'start' ? wishesOf(options) : refuseWishes(options)),
            },
          })
          const { runId } = reply
          if (runId !== undefined && !detach && reply.state === 'running')
            return followRun(session, runId)
          answer(session, reply, () => [
            runId === undefined
              ? `Step ${reply.step} is ${reply.state}.`
              : `Step ${reply.step} is ${reply.state === 'waiting' ? 'waiting for approval' : 'under way'}: watch it with "xenkeep runs ${runId} --follow".`,
          ])
          return ExitCode.ok
        },
      ),
    )

const wishesOf = ({
  pool,
  sr,
  name,
  identity,
  replace,
  start,
  from,
  override = [],
}: StepOptions) => {
  const wishes = { ...(identity && { identity }), ...(replace && { replace: true }) }
  const restore = {
    ...(pool !== undefined && { poolUuid: pool }),
    ...(sr !== undefined && { srUuid: sr }),
    ...(name !== undefined && { newName: name }),
    ...(start === false && { start: false }),
    ...(Object.keys(wishes).length > 0 && { wishes }),
  }
  const overrides = ruleOverridesOf(override)
  return {
    ...(from !== undefined && { from }),
    ...(Object.keys(restore).length > 0 && { restore }),
    ...(overrides.length > 0 && { overrides }),
  }
}

const refuseWishes = ({ because: _, start, ...options }: StepOptions): Record<string, never> => {
  const [given] = [...Object.keys(options), ...(start === false ? ['no-start'] : [])]
  if (given !== undefined)
    throw new UsageError(`--${given} belongs to "start", and nothing is started here.`)
  return {}
}

/** JSON: what the route answers. */
export const endSiteCommand = (program: Program) =>
  newCommand('end', 'end a restore of a XenDesktop site: none of its steps is begun any more', [
    'xenkeep site end 01KAZ4A2B3C4D5E6F7G8H9J0KM --because "it was an exercise"',
  ])
    .argument('<restore>', 'id of a restore')
    .option('--because <text>', 'why, for its log')
    .action(
      action(program, async (session, restore: string, { because }: { because?: string }) => {
        const reply = await session.client.call('endSiteRestore', {
          params: { restoreId: restore.toUpperCase() },
          body: because === undefined ? {} : { because },
        })
        answer(session, reply, () => [
          `The restore ${reply.restoreId} is ended. What its runs restored stays, and what still runs goes on.`,
        ])
        return ExitCode.ok
      }),
    )
