import type { RegionReply } from '#core/contracts/region-api.ts'
import { lastWordLine } from '#core/region/text.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'

/** `xenkeep region`. */
export const regionCommand = (program: Program) =>
  newCommand('region', 'see which region is active, and take over in the other one', [
    'xenkeep region status',
    'xenkeep region take-over --confirm eu-west-1 --why "eu-central-1 is lost"',
  ])
    .addCommand(statusCommand(program))
    .addCommand(takeOverCommand(program))

/** JSON: the reply of GET /v1/region. */
const statusCommand = (program: Program) =>
  newCommand('status', 'which region answers, which one is active, and since when', [
    'xenkeep region status',
    'xenkeep region status --json | jq .active',
  ]).action(
    action(program, async session => {
      const reply = await session.client.call('getRegion')
      answer(session, reply, () => [
        safeText(reply.line),
        ...whyOf(reply),
        ...wordsOf(reply),
        ...leftOf(reply.left),
      ])
      return ExitCode.ok
    }),
  )

/** JSON: the reply of POST /v1/region/take-over. */
const takeOverCommand = (program: Program) =>
  newCommand(
    'take-over',
    'make the region that answers the active one, and go on with its open runs (docs/second-region.md)',
    ['xenkeep region take-over --confirm eu-west-1 --why "eu-central-1 is lost"'],
  )
    .requiredOption(
      '--confirm <region>',
      'the name of the region that answers, as proof that it is meant',
    )
    .option('--why <text>', 'kept with the take-over, and told with it')
    .action(
      action(program, async (session, { confirm, why }: { confirm: string; why?: string }) => {
        const body = { confirm, ...(why !== undefined && { why }) }
        const reply = await session.client.call('takeOverRegion', { body })
        answer(session, reply, () => [
          safeText(reply.line),
          reply.goingOn + reply.left === 0
            ? 'No run was open.'
            : `${reply.goingOn} open ${reply.goingOn === 1 ? 'run goes' : 'runs go'} on here. "xenkeep runs" shows how far they are.`,
          ...leftOf(reply.left),
          ...wordsOf(reply),
          'Gateways that list this control plane come by themselves; the others need their settings changed.',
        ])
        return ExitCode.ok
      }),
    )

const whyOf = ({ why }: RegionReply): string[] =>
  why === undefined ? [] : [`It was taken over because: ${safeText(why)}`]

const wordsOf = ({ lastWords = {} }: RegionReply): string[] =>
  Object.entries(lastWords).map(([name, at]) => safeText(lastWordLine(name, at, Date.now())))

const leftOf = (left = 0): string[] =>
  left === 0
    ? []
    : [
        `${left} open ${left === 1 ? 'run is' : 'runs are'} yet to be gone on with; that happens by itself within minutes ("xenkeep region status").`,
      ]
