import { action, answer, newCommand, type Program } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { findPolicy } from '../../policies/find-policy.ts'
import { inputOf, readOnePolicy } from '../../policies/policy-file.ts'
import { previewLines, showLines } from '../../policies/policy-lines.ts'
import { type PolicyOptions, policyOf, withPolicyOptions } from '../../policies/policy-options.ts'
import { wholeNumber } from '../arguments.ts'

/** JSON: a PolicyView. */
export const createPolicyCommand = (program: Program) =>
  withPolicyOptions(
    newCommand('create', 'make a policy: what is backed up, when, and how long it is kept', [
      'xenkeep policies create Nightly --tag prod --cron "30 22 * * *" --zone Europe/Vienna \\\n      --keep daily=7,weekly=4',
      'xenkeep policies create -f nightly.yaml',
    ]).argument('[name]', 'left out where the file has it'),
  ).action(
    action(program, async (session, name: string | undefined, options: PolicyOptions) => {
      const { client, host } = session
      const view = await client.call('createPolicy', {
        body: await policyOf(options, name, host.stdin),
      })
      answer(session, view, () => showLines(view, host.time, host.now()))
      return ExitCode.ok
    }),
  )

/** JSON: a PolicyView. */
export const duplicatePolicyCommand = (program: Program) =>
  newCommand('duplicate', 'make a policy that says the same as another one', [
    'xenkeep policies duplicate Nightly "Nightly, databases"',
  ])
    .argument('<policy>', 'name or id')
    .argument('<name>', 'of the new policy, which is disabled until you enable it')
    .action(
      action(program, async (session, name: string, newName: string) => {
        const { client, host } = session
        const found = await findPolicy(client, name)
        const view = await client.call('createPolicy', {
          body: { ...inputOf(found.policy), name: newName, enabled: false },
        })
        answer(session, view, () => showLines(view, host.time, host.now()))
        return ExitCode.ok
      }),
    )

/** JSON: a PolicyView. */
export const editPolicyCommand = (program: Program) =>
  newCommand('edit', 'replace a policy by a file', [
    'xenkeep policies show Nightly --input > nightly.json',
    'xenkeep policies edit Nightly -f nightly.json',
  ])
    .argument('<policy>', 'name or id')
    .requiredOption('-f, --file <file>', 'the whole policy as YAML or JSON; "-": standard input')
    .option(
      '--version <n>',
      'only if it is still this version (default: as it is now)',
      wholeNumber,
    )
    .action(
      action(
        program,
        async (session, name: string, { file, version }: { file: string; version?: number }) => {
          const { client, host } = session
          const found = await findPolicy(client, name)
          const view = await client.call('putPolicy', {
            params: { policyId: found.policy.policyId },
            body: {
              version: version ?? found.version,
              policy: await readOnePolicy(file, host.stdin),
            },
          })
          answer(session, view, () => showLines(view, host.time, host.now()))
          return ExitCode.ok
        },
      ),
    )

/** JSON: what the route answers. */
export const previewPolicyCommand = (program: Program) =>
  withPolicyOptions(
    newCommand('preview', 'what would run, what would be kept, what it would cost; saves nothing', [
      'xenkeep policies preview Nightly                    # as it is',
      'xenkeep policies preview Nightly -f nightly.json    # if the file replaced it',
      'xenkeep policies preview -f new.json --months 24',
    ]).argument('[policy]', 'name or id of one that is there'),
  )
    .option('--months <n>', 'how far ahead it is looked what is kept (12)', wholeNumber)
    .action(
      action(
        program,
        async (
          session,
          name: string | undefined,
          { months, ...options }: PolicyOptions & { months?: number },
        ) => {
          const { client, host } = session
          const isNew = name === undefined || (Object.keys(options).length > 0 && !options.file)
          const found = isNew ? undefined : await findPolicy(client, name)
          const policy =
            found && !options.file
              ? inputOf(found.policy)
              : await policyOf(options, found ? undefined : name, host.stdin)
          const reply = await client.call('previewPolicy', {
            body: {
              policy,
              ...(found && { policyId: found.policy.policyId }),
              ...(months !== undefined && { months }),
            },
          })
          answer(session, reply, () => previewLines(reply, host.time))
          return ExitCode.ok
        },
      ),
    )
