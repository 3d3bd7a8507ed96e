import type { GatewayView } from '#core/contracts/runs-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { findGateway } from './find-gateway.ts'
import { showGatewayCommand } from './gateways/show.ts'
import { rotateKeyCommand } from './rotate-key.ts'

/** `xenkeep gateways`, and what is done with one. */
export const gatewaysCommand = (program: Program) =>
  newCommand(
    'gateways',
    'list the gateways, show one, enrol a new one, rename one, renew its key or revoke it',
    [
      'xenkeep gateways',
      'xenkeep gateways show "site A"',
      'xenkeep gateways enrol',
      'xenkeep gateways rename "site A" "Hamburg, rack 2"',
      'xenkeep gateways set "site A" --maintenance',
      'xenkeep gateways rotate-key "site A"',
      'xenkeep gateways revoke "site A" --yes',
    ],
  )
    .action(action(program, session => listGateways(session)))
    .addCommand(listCommand(program))
    .addCommand(showGatewayCommand(program))
    .addCommand(enrolCommand(program))
    .addCommand(renameCommand(program))
    .addCommand(setCommand(program))
    .addCommand(rotateKeyCommand(program))
    .addCommand(revokeCommand(program))

/** JSON: `{"gateways":[GatewayView]}`. */
const listCommand = (program: Program) =>
  newCommand('list', 'list the gateways, which pools they serve and when they called last', [
    'xenkeep gateways list',
    "xenkeep gateways list --json | jq '.gateways[].name'",
  ]).action(action(program, session => listGateways(session)))

const listGateways = async (session: Session): Promise<ExitCode> => {
  const gateways = await listAll(session.client, 'listGateways')
  answer(session, { gateways }, () =>
    gateways.length > 0
      ? table(columns(session.host), gateways)
      : ['No gateway is enrolled. "xenkeep gateways enrol" makes a code for one.'],
  )
  return ExitCode.ok
}

const columns = ({ time }: Pick<Host, 'time'>): Column<GatewayView>[] => [
  { title: 'GATEWAY', cell: gateway => gateway.gatewayId },
  { title: 'NAME', cell: gateway => safeText(gateway.name) },
  { title: 'VERSION', cell: ({ version }) => safeText(version ?? 'not told') },
  { title: 'ENROLLED', cell: gateway => time(gateway.enrolled) },
  {
    title: 'LAST CALL',
    cell: ({ lastSeen }) => (lastSeen === undefined ? 'never' : time(lastSeen)),
  },
  {
    title: 'POOLS',
    cell: ({ pools }) => pools.map(({ uuid, name }) => safeText(name || uuid)).join(', '),
  },
  {
    title: 'KEY SINCE',
    // Control planes of before do not tell.
    cell: ({ keySince, newKeyAsked }) =>
      `${keySince === undefined ? '' : time(keySince)}${newKeyAsked === undefined ? '' : ' (asked for a new one)'}`,
  },
  { title: 'MAINTENANCE', cell: ({ maintenance }) => (maintenance ? 'yes' : 'no') },
]

/** JSON: `{"code":…,"validUntil":…}`. */
const enrolCommand = (program: Program) =>
  newCommand('enrol', 'make a one-time code with which a new gateway enrols', [
    'xenkeep gateways enrol',
    'xenkeep gateways enrol --json',
  ]).action(
    action(program, async session => {
      const reply = await session.client.call('createEnrolmentCode', { body: {} })
      answer(session, reply, () => [
        reply.code,
        `Good for one gateway until ${session.host.time(reply.validUntil)}; it is shown this once.`,
        'On the gateway, write it into the file "enrolment-code" of the folder "gateway" in its data directory (mode 0600).',
      ])
      return ExitCode.ok
    }),
  )

/** JSON: `{"gatewayId":…,"name":…}`. */
const renameCommand = (program: Program) =>
  newCommand('rename', 'give a gateway another name', [
    'xenkeep gateways rename "site A" "Hamburg, rack 2"',
  ])
    .argument('<gateway>', 'id or exact name')
    .argument('<name>', 'what no other gateway is called')
    .action(
      action(program, async (session, wanted: string, name: string) => {
        if (name.trim() === '') throw new UsageError('A gateway needs a name.')
        const { gatewayId } = await findGateway(session, wanted)
        const params = { gatewayId }
        const reply = await session.client.call('renameGateway', { params, body: { name } })
        answer(session, reply, () => [`Gateway ${gatewayId} is called ${quoted(name)} now.`])
        return ExitCode.ok
      }),
    )

/** JSON: `{"gatewayId":…,"maintenance":true}`. */
const setCommand = (program: Program) =>
  newCommand('set', 'say whether a gateway may remove points, collect garbage and verify', [
    'xenkeep gateways set "site A" --maintenance',
    'xenkeep gateways set "site B" --no-maintenance',
  ])
    .argument('<gateway>', 'id or exact name')
    .option('--maintenance', 'it may; where several may, one does it and the others stand by')
    .option('--no-maintenance', 'it may not')
    .action(
      action(program, async (session, wanted: string, set: { maintenance?: boolean }) => {
        const { maintenance } = set
        if (maintenance === undefined)
          throw new UsageError('Nothing was changed.', 'Say --maintenance or --no-maintenance.')
        const { gatewayId } = await findGateway(session, wanted)
        const params = { gatewayId }
        const reply = await session.client.call('setGateway', { params, body: { maintenance } })
        answer(session, reply, () => [
          reply.maintenance
            ? `Gateway ${gatewayId} may work on the repository itself from now on.`
            : `Gateway ${gatewayId} gets no work on the repository itself any more.`,
        ])
        return ExitCode.ok
      }),
    )

/** JSON: `{"gatewayId":…,"name":…,"jobs":…,"sessionsEndBy":…}`. */
const revokeCommand = (program: Program) =>
  newCommand('revoke', 'end all trust in a gateway, at once; its jobs go to another one', [
    'xenkeep gateways revoke "site A" --yes',
    'xenkeep gateways revoke 01JD9W5R6D3S0Q6Z1B4W8TXY2K --yes',
  ])
    .argument('<gateway>', 'id or exact name; of one that is revoked already only the id')
    .option('--yes', 'that you mean it: only a new enrolment brings the gateway back')
    .action(
      action(program, async (session, wanted: string, { yes }: { yes?: true }) => {
        const { gatewayId, name } = await findGateway(session, wanted)
        if (!yes)
          throw new UsageError(
            `Nothing was done: the gateway ${quoted(name)} could not work any more before it is enrolled anew.`,
            'Say --yes if you mean it.',
          )
        const params = { gatewayId }
        const reply = await session.client.call('revokeGateway', { params, body: {} })
        answer(session, reply, () => [
          `Gateway ${quoted(reply.name)} is revoked: each further call of it is refused.`,
          reply.jobs === 0
            ? 'It held no job.'
            : `${reply.jobs === 1 ? 'One job was' : `${reply.jobs} jobs were`} taken from it, for another gateway of the pool; where there is none they fail within the hour and say so.`,
          `Storage credentials of AWS that it holds are refused as soon as IAM has passed that on (seconds, as a rule), and end by themselves at ${session.host.time(reply.sessionsEndBy)} at the latest. Credentials of its own, and a repository in a directory, are not touched by this: change them at their place.`,
        ])
        return ExitCode.ok
      }),
    )
