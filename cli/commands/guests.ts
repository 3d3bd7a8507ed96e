import type { GuestView } from '#core/contracts/guests-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { backupGuestCommand, restoreGuestCommand } from './guests/component-runs.ts'
import { drilledCommand } from './guests/drilled.ts'
import { findGuest } from './guests/find-guest.ts'
import { installGuestCommand } from './guests/install.ts'
import { recipesCommand } from './guests/recipes.ts'
import { renameGuestCommand } from './guests/rename.ts'
import { rotateGuestKeyCommand } from './guests/rotate-key.ts'
import { showGuestCommand } from './guests/show.ts'
import { uuidOf } from './vms/uuid-of.ts'

/** `xenkeep guests`: the agents in guests, and what is done with one. */
export const guestsCommand = (program: Program) =>
  newCommand(
    'guests',
    'list the guests with an agent, show one, enrol, rename or revoke one, renew its key',
    [
      'xenkeep guests',
      'xenkeep guests show db-01',
      'xenkeep guests enrol --vm db-01',
      'xenkeep guests backup db-01 --recipe postgresql',
      'xenkeep guests revoke db-01 --yes',
    ],
  )
    .action(action(program, session => listGuests(session)))
    .addCommand(listCommand(program))
    .addCommand(showGuestCommand(program))
    .addCommand(backupGuestCommand(program))
    .addCommand(restoreGuestCommand(program))
    .addCommand(recipesCommand(program))
    .addCommand(enrolCommand(program))
    .addCommand(drilledCommand(program))
    .addCommand(renameGuestCommand(program))
    .addCommand(rotateGuestKeyCommand(program))
    .addCommand(revokeCommand(program))
    .addCommand(installGuestCommand(program))

/** JSON: `{"guests":[GuestView]}`. */
const listCommand = (program: Program) =>
  newCommand('list', 'list the guests with an agent: VM, recipes, when it called last', [
    'xenkeep guests list',
    "xenkeep guests list --json | jq '.guests[] | {name, problems}'",
    'xenkeep guests list --search sql',
  ])
    .option('--search <text>', 'only those whose name, machine or VM is called so, in part')
    .action(
      action(program, (session, { search }: { search?: string }) =>
        listGuests(session, search === undefined ? {} : { search }),
      ),
    )

const listGuests = async (session: Session, narrowing: object = {}): Promise<ExitCode> => {
  const guests = await listAll(session.client, 'listGuests', { ...narrowing })
  answer(session, { guests }, () =>
    guests.length > 0
      ? [...table(columns(session.host), guests), ...problemLines(guests)]
      : [
          Object.keys(narrowing).length > 0
            ? 'No guest with an agent is called so.'
            : 'No guest has an agent. "xenkeep guests enrol --vm VM" makes a code for one.',
        ],
  )
  return ExitCode.ok
}

/** Below the list: what somebody has to look at. */
const problemLines = (guests: readonly GuestView[]): string[] => {
  const lines = guests.flatMap(({ name, problems }) =>
    problems.map(problem => safeText(`LOOK  ${name}: ${problem}`)),
  )
  return lines.length === 0 ? [] : ['', ...lines]
}

const columns = ({ time }: Pick<Host, 'time'>): Column<GuestView>[] => [
  { title: 'GUEST', cell: ({ guestUuid }) => guestUuid },
  { title: 'NAME', cell: ({ name }) => safeText(name) },
  { title: 'VM', cell: ({ vm }) => safeText(vm?.name ?? vm?.uuid ?? 'not told') },
  { title: 'SYSTEM', cell: ({ osName }) => safeText(osName) },
  { title: 'RECIPES', cell: ({ recipes }) => recipesText(recipes) },
  {
    title: 'LAST CALL',
    cell: ({ lastSeen }) => (lastSeen === undefined ? 'never' : time(lastSeen)),
  },
  { title: 'VERSION', cell: ({ version }) => safeText(version ?? 'not told') },
]

const recipesText = (recipes: GuestView['recipes']): string =>
  recipes
    .map(({ recipe, instance, problem }) =>
      safeText(`${recipe}${instance ? ` (${instance})` : ''}${problem ? ': LOOK' : ''}`),
    )
    .join(', ') || 'none'

/** JSON: `{"code":…,"validUntil":…}`. */
const enrolCommand = (program: Program) =>
  newCommand('enrol', 'make a one-time code with which the agent in a guest enrols', [
    'xenkeep guests enrol --vm db-01',
    'xenkeep guests enrol --name "licence server" --json',
  ])
    .option('--vm <vm>', 'the VM it runs in, by exact name or UUID: it may then hold it still')
    .option('--name <name>', 'what it is called; what its own settings say unless told')
    .action(
      action(program, async (session, wanted: { vm?: string; name?: string }) => {
        const vmUuid = wanted.vm === undefined ? undefined : await uuidOf(session, wanted.vm)
        const name = wanted.name?.trim()
        if (name === '') throw new UsageError('A guest needs a name.')
        const guest = {
          ...(vmUuid !== undefined && { vmUuid }),
          ...(name !== undefined && { name }),
        }
        const reply = await session.client.call('createEnrolmentCode', { body: { for: { guest } } })
        answer(session, reply, () => [
          reply.code,
          `Good for the agent in one guest until ${session.host.time(reply.validUntil)}; it is shown this once.`,
          'In the guest, write it into the file "enrolment-code" of the folder "gateway" in its data directory (mode 0600).',
          ...(vmUuid === undefined
            ? ['Without --vm no gateway lets it hold a VM still for snapshots by this enrolment.']
            : []),
        ])
        return ExitCode.ok
      }),
    )

/** JSON: `{"gatewayId":…,"name":…,"jobs":…,"sessionsEndBy":…}`. */
const revokeCommand = (program: Program) =>
  newCommand('revoke', 'end all trust in the agent of a guest, at once', [
    'xenkeep guests revoke db-01 --yes',
  ])
    .argument('<guest>', 'UUID or exact name')
    .option('--yes', 'that you mean it: only a new enrolment brings the agent back')
    .action(
      action(program, async (session, wanted: string, { yes }: { yes?: true }) => {
        const { gatewayId, name } = await findGuest(session, wanted)
        if (!yes)
          throw new UsageError(
            `Nothing was done: the agent in ${quoted(name)} could not work any more before it is enrolled anew.`,
            'Say --yes if you mean it.',
          )
        const reply = await session.client.call('revokeGateway', {
          params: { gatewayId },
          body: {},
        })
        answer(session, reply, () => [
          `The agent in ${quoted(reply.name)} is revoked: each further call of it is refused.`,
          reply.jobs === 0
            ? 'It held no job.'
            : `${reply.jobs === 1 ? 'One job was' : `${reply.jobs} jobs were`} taken from it; no other agent can do them, so they fail within the hour and say so.`,
          `Storage credentials of AWS that it holds are refused as soon as IAM has passed that on (seconds, as a rule), and end by themselves at ${session.host.time(reply.sessionsEndBy)} at the latest. It knows how to open the repository: change its passphrase, or the rights on the KMS key, if the machine fell into foreign hands.`,
          'Gateways of its pool let it hold the VM still no more, within five minutes.',
        ])
        return ExitCode.ok
      }),
    )
