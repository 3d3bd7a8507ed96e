import type { GatewayDetail } from '#core/contracts/gateways-api.ts'
import type { Standing } from '#core/contracts/overview-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import { table } from '../../output/table.ts'
import { count, type TimeFormat } from '../../output/units.ts'
import { findGateway } from '../find-gateway.ts'

/** `xenkeep gateways show`. JSON: `{"gateway":GatewayDetail}`. */
export const showGatewayCommand = (program: Program) =>
  newCommand(
    'show',
    'what a gateway is and does: version, bandwidth plan, pools, jobs in hand, what happened to it',
    [
      'xenkeep gateways show "site A"',
      'xenkeep gateways show "site A" --json | jq \'.gateway.about.version\'',
    ],
  )
    .argument('<gateway>', 'id or exact name; of one that was revoked only the id')
    .action(
      action(program, async (session, wanted: string) => {
        const { gatewayId } = await findGateway(session, wanted)
        const gateway = await session.client.call('getGateway', { params: { gatewayId } })
        answer(session, { gateway }, () => gatewayLines(gateway, session.host.time))
        return ExitCode.ok
      }),
    )

const NOT_TOLD = 'does not tell (it is older than its control plane)'

export const gatewayLines = (gateway: GatewayDetail, time: TimeFormat): string[] =>
  [
    ...headLines(gateway, time),
    ...jobLines(gateway),
    ...poolLines(gateway, time),
    ...planLines(gateway),
    ...storyLines(gateway, time),
  ].map(line => safeText(line).trimEnd())

const headLines = (gateway: GatewayDetail, time: TimeFormat): string[] => {
  const { about, problems = [], lastSeen, revokedAt, clock } = gateway
  const facts: [string, string][] = [
    ['id', gateway.gatewayId],
    ['version', `${about?.version ?? NOT_TOLD} (control plane: ${gateway.controlPlaneVersion})`],
    ...(about
      ? ([
          ['machine', `${about.machine}, ${about.platform}, Node ${about.node}`],
          ['programs', scriptsText(about)],
          ...(about.files ? [['files', filesText(about.files)] as [string, string]] : []),
        ] as [string, string][])
      : []),
    ['last call', lastSeen === undefined ? 'never' : time(lastSeen)],
    ...(clock ? [['clock', clock.text] as [string, string]] : []),
    ['enrolled', time(gateway.enrolled)],
    ['key since', gateway.keySince === undefined ? '' : time(gateway.keySince)],
    ['repository', repositoryText(gateway)],
  ]
  const standing =
    revokedAt !== undefined
      ? [`It was revoked ${time(revokedAt)}: none of its calls is taken.`]
      : problems.length === 0
        ? ['It is well.']
        : problems.map(problem => `LOOK  ${problem}`)
  return [
    gateway.name,
    ...standing,
    ...facts
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `  ${name.padEnd(10)}  ${value}`),
  ]
}

const repositoryText = ({ maintenance, repositoryKeeper, gatewayId }: GatewayDetail): string => {
  if (!maintenance) return 'does no work on the repository itself'
  if (!repositoryKeeper) return 'may work on the repository itself'
  return repositoryKeeper.gatewayId === gatewayId
    ? 'does the work on the repository itself'
    : `may work on the repository itself; "${repositoryKeeper.name}" does it now`
}

const scriptsText = ({ hookScripts, bootScripts }: NonNullable<GatewayDetail['about']>): string => {
  const names = (of: typeof hookScripts) =>
    of.map(({ name, missing }) => (missing ? `${name} (its file is missing)` : name)).join(', ') ||
    'none'
  return `around backups: ${names(hookScripts)}; for boot checks: ${names(bootScripts)}`
}

const filesText = ({ can, because }: { can: boolean; because?: string | undefined }): string =>
  can ? 'may show files of points' : `shows no files of points: ${because ?? ''}`

const jobLines = ({ jobs, freeSlots, about }: GatewayDetail): string[] => [
  '',
  about && freeSlots !== undefined
    ? `Jobs in hand: ${jobs.length}; of its ${count(about.slots, 'slot')} ${freeSlots} ${freeSlots === 1 ? 'is' : 'are'} free`
    : `Jobs in hand: ${jobs.length}`,
  ...jobs.map(({ subject, kind, line }) => `  ${subject} (${kind}): ${line}`),
]

const poolLines = ({ served, unreachable = [], gatewayId }: GatewayDetail, time: TimeFormat) => [
  '',
  ...(served.length + unreachable.length === 0
    ? ['It has reached no pool yet.']
    : table<GatewayDetail['served'][number]>(
        [
          { title: 'POOL', cell: ({ name, uuid }) => safeText(name || uuid) },
          { title: 'ANSWERS', cell: ({ reached }) => (reached ? 'yes' : 'NO') },
          {
            title: 'JOBS GO TO',
            cell: ({ keeper }) =>
              keeper === undefined
                ? 'nobody'
                : keeper.gatewayId === gatewayId
                  ? 'this gateway'
                  : safeText(keeper.name),
          },
          {
            title: 'INVENTORY OF',
            cell: ({ told }) => (told === undefined ? 'not told yet' : time(told)),
          },
        ],
        served,
      )),
  ...unreachable.map(({ address, problem }) => `  ${address} does not answer: ${problem}`),
]

const planLines = ({ week, timeZone, allowedNow }: GatewayDetail): string[] =>
  week
    ? [
        '',
        `${
          allowedNow
            ? `Now it may send ${allowedNow.toRepository.text} and read ${allowedNow.fromXenServer.text}.`
            : 'What it may send now is not known, since its control plane does not know its time zone.'
        } Its bandwidth plan (${timeZone}):`,
        ...table<(typeof week)[number]>(
          [
            { title: 'DAYS', cell: ({ days }) => days },
            { title: 'TO THE REPOSITORY', cell: day => safeText(day.toRepository) },
            { title: 'FROM XENSERVER', cell: day => safeText(day.fromXenServer) },
          ],
          week,
        ),
      ]
    : ['', `Bandwidth plan: ${NOT_TOLD}`]

const SIGNS: Record<Standing, string> = {
  ...{ good: 'good   ', info: 'to know', warning: 'LOOK   ', bad: 'ACT    ' },
}

const storyLines = ({ story }: GatewayDetail, time: TimeFormat): string[] => [
  '',
  ...(story.length === 0 ? ['Nothing is noted of what happened to it yet.'] : ['What happened:']),
  ...story.map(({ at, standing, text }) => `  ${time(at)}  ${SIGNS[standing]}  ${text}`),
]
