import type { OccasionView } from '#core/contracts/policies-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { safeText } from '../../output/safe-text.ts'
import { type Column, table } from '../../output/table.ts'
import type { TimeFormat } from '../../output/units.ts'
import { findPolicy } from '../../policies/find-policy.ts'
import { wholeNumber, withinLimit } from '../arguments.ts'

/** JSON: what the route answers. */
export const keptPointsCommand = (program: Program) =>
  newCommand('kept', 'which points of a VM a policy keeps, and why each', [
    'xenkeep policies kept Nightly --vm db-01',
  ])
    .argument('<policy>', 'name or id')
    .requiredOption('--vm <vm>', 'name or UUID, also of a VM that is gone')
    .action(
      action(program, async (session, name: string, { vm }: { vm: string }) => {
        const { client, host } = session
        const { policyId } = (await findPolicy(client, name)).policy
        const reply = await client.call('getKeptPoints', { params: { policyId }, query: { vm } })
        answer(session, reply, () =>
          reply.points.length === 0
            ? ['The policy has no point of that VM.']
            : reply.points.map(
                ({ taken, keep, why }) =>
                  `${host.time(taken)}  ${keep ? 'stays' : 'expires'}: ${safeText(why.join(' '))}`,
              ),
        )
        return ExitCode.ok
      }),
    )

/** JSON: `{"times":[OccasionView]}`. */
export const occasionsCommand = (program: Program) =>
  newCommand('times', 'what became of the times of a policy, newest first', [
    'xenkeep policies times Nightly',
    'xenkeep policies times Nightly --missed',
  ])
    .argument('<policy>', 'name or id')
    .option('--missed', 'only those on which it did not run')
    .option('--limit <n>', 'at most this many', wholeNumber, 100)
    .action(
      action(
        program,
        async (session, name: string, { missed, limit }: { missed?: true; limit: number }) => {
          const { client, host } = session
          const { policyId } = (await findPolicy(client, name)).policy
          const found: OccasionView[] = []
          for (let after: string | undefined; found.length <= limit; ) {
            const page = await client.call('listOccasions', {
              params: { policyId },
              query: { ...(missed && { missed: 'true' }), ...(after !== undefined && { after }) },
            })
            found.push(...page.items)
            after = page.next
            if (after === undefined) break
          }
          const times = withinLimit(session, found, limit)
          answer(session, { times }, () =>
            times.length > 0
              ? table(columns(host.time), times)
              : [missed ? 'It missed no time.' : 'No time of it has come yet.'],
          )
          return ExitCode.ok
        },
      ),
    )

const columns = (time: TimeFormat): Column<OccasionView>[] => [
  { title: 'DUE', cell: ({ due }) => time(due) },
  { title: 'RUN', cell: ({ runId }) => runId ?? '-' },
  { title: 'WHY NOT', cell: ({ leftOut }) => (leftOut ? safeText(leftOut.message) : '') },
]
