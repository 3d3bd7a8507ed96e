import type { PolicyView } from '#core/contracts/policies-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { ExitCode } from '../../exit-codes.ts'
import { startRun } from '../../follow/start-run.ts'
import type { Host } from '../../host.ts'
import { safeText } from '../../output/safe-text.ts'
import { type Column, table } from '../../output/table.ts'
import { findPolicy } from '../../policies/find-policy.ts'
import { inputOf } from '../../policies/policy-file.ts'
import { showLines, stateText } from '../../policies/policy-lines.ts'

/** JSON: `{"policies":[PolicyView]}`. */
export const listPoliciesCommand = (program: Program) =>
  newCommand('list', 'list the policies', [
    'xenkeep policies list',
    'xenkeep policies list --deleted',
  ])
    .option('--deleted', 'also those that were deleted')
    .action(
      action(program, async (session, { deleted }: { deleted?: true }) => {
        const query = deleted ? { deleted: 'true' } : {}
        const policies = await listAll(session.client, 'listPolicies', query)
        answer(session, { policies }, () =>
          policies.length > 0
            ? table(columns(session.host), policies)
            : ['There is no policy yet. "xenkeep policies create --help" shows how to make one.'],
        )
        return ExitCode.ok
      }),
    )

const columns = ({ time, now }: Host): Column<PolicyView>[] => [
  { title: 'NAME', cell: ({ policy }) => safeText(policy.name) },
  { title: 'STATE', cell: view => stateText(view, now()) },
  { title: 'WHEN', cell: ({ words }) => safeText(words.when) },
  { title: 'NEXT', cell: ({ nextTime }) => (nextTime === undefined ? '-' : time(nextTime)) },
  {
    title: 'LAST RUN',
    cell: ({ lastRun }) => (lastRun ? `${lastRun.state}, ${time(lastRun.started)}` : '-'),
  },
  { title: 'KEPT', cell: ({ words }) => words.kept },
  { title: 'ID', cell: ({ policy }) => policy.policyId },
]

/** JSON: a PolicyView; with `--input` the policy alone, as a file takes it. */
export const showPolicyCommand = (program: Program) =>
  newCommand('show', 'show one policy: what it takes, when, how, and what it keeps', [
    'xenkeep policies show Nightly',
    'xenkeep policies show Nightly --input > nightly.json   # to be changed and given to "edit"',
  ])
    .argument('<policy>', 'name or id')
    .option('--input', 'as JSON that "edit" and "create" take')
    .action(
      action(program, async (session, name: string, { input }: { input?: true }) => {
        const view = await findPolicy(session.client, name)
        const document = input ? inputOf(view.policy) : view
        answer(session, document, () =>
          input
            ? JSON.stringify(document, null, 2).split('\n')
            : showLines(view, session.host.time, session.host.now()),
        )
        return ExitCode.ok
      }),
    )

/** JSON lines, see `startRun`. */
export const runPolicyCommand = (program: Program) =>
  newCommand('run', 'back up now what a policy takes, and show the progress', [
    'xenkeep policies run Nightly',
    'xenkeep policies run Nightly --detach',
  ])
    .argument('<policy>', 'name or id; also one that is disabled, paused or outside its window')
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, name: string, { detach }: { detach?: true }) => {
        const { policyId } = (await findPolicy(session.client, name)).policy
        return startRun(session, { kind: 'policy', policyId }, detach ? { detach } : {})
      }),
    )

/** JSON: `{"policyId":…,"line":…}`. */
export const deletePolicyCommand = (program: Program) =>
  newCommand('delete', 'delete a policy; its points stay under its last retention', [
    'xenkeep policies delete Nightly',
  ])
    .argument('<policy>', 'name or id')
    .action(
      action(program, async (session, name: string) => {
        const { policy, version } = await findPolicy(session.client, name)
        const reply = await session.client.call('deletePolicy', {
          params: { policyId: policy.policyId },
          query: { version },
        })
        answer(session, reply, () => [safeText(reply.line)])
        return ExitCode.ok
      }),
    )
