import type { PolicyInput } from '#core/contracts/policies.ts'
import { action, answer, newCommand, type Program, type Session } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { quoted } from '../../output/safe-text.ts'
import { findPolicy } from '../../policies/find-policy.ts'
import { inputOf } from '../../policies/policy-file.ts'
import { showLines } from '../../policies/policy-lines.ts'

/** For commander: a date, or a date and a time, on the clock of this machine. @throws `USAGE` */
const timeOf = (text: string): number => {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?$/.exec(text)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = (match ?? [])
    .slice(1)
    .map(part => Number(part ?? 0))
  const date = new Date(year, month - 1, day, hour, minute)
  if (!match || date.getDate() !== day || date.getMonth() !== month - 1)
    throw new UsageError(`${quoted(text)} is no date or time like 2027-01-07 or 2027-01-07T06:00.`)
  return date.getTime()
}

/** JSON of all four: a PolicyView. */
export const pauseCommand = (program: Program) =>
  newCommand('pause', 'let a policy rest until a time', [
    'xenkeep policies pause Nightly --until 2027-01-07T06:00',
  ])
    .argument('<policy>', 'name or id')
    .requiredOption(
      '--until <time>',
      'date or time in your own time zone: 2027-01-07, 2027-01-07T06:00',
      timeOf,
    )
    .action(
      action(program, async (session, name: string, { until }: { until: number }) => {
        if (until <= session.host.now()) throw new UsageError('That time is over already.')
        return change(session, name, policy => ({ ...policy, pausedUntil: until }))
      }),
    )

export const resumeCommand = (program: Program) =>
  switchCommand(
    program,
    'resume',
    'end the pause of a policy',
    ({ pausedUntil: _, ...policy }) => policy,
  )

export const enableCommand = (program: Program) =>
  switchCommand(program, 'enable', 'let a policy run by itself again', policy => ({
    ...policy,
    enabled: true,
  }))

export const disableCommand = (program: Program) =>
  switchCommand(
    program,
    'disable',
    'keep a policy from running by itself; its points expire as before',
    policy => ({ ...policy, enabled: false }),
  )

const switchCommand = (
  program: Program,
  name: string,
  description: string,
  transition: (policy: PolicyInput) => PolicyInput,
) =>
  newCommand(name, description, [`xenkeep policies ${name} Nightly`])
    .argument('<policy>', 'name or id')
    .action(action(program, (session, policy: string) => change(session, policy, transition)))

const change = async (
  session: Session,
  name: string,
  transition: (policy: PolicyInput) => PolicyInput,
): Promise<ExitCode> => {
  const { client, host } = session
  const { policy, version } = await findPolicy(client, name)
  const view = await client.call('putPolicy', {
    params: { policyId: policy.policyId },
    body: { version, policy: transition(inputOf(policy)) },
  })
  answer(session, view, () => showLines(view, host.time, host.now()))
  return ExitCode.ok
}
