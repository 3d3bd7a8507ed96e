import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { ulid } from './arguments.ts'

/** `xenkeep runs approve RUN`. JSON: `{"runId":…}`. */
export const approveCommand = (program: Program) =>
  newCommand('approve', 'let a restore begin that waits for somebody to agree', [
    'xenkeep runs approve 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
  ])
    .argument('<run>', 'id of the run; "xenkeep runs" shows which wait, and for whom')
    .action(
      action(program, async (session, run: string) => {
        const runId = ulid(run, 'run', 'xenkeep runs')
        const reply = await session.client.call('approveRun', { params: { runId }, body: {} })
        answer(session, reply, () => [
          `Run ${runId} is approved and begins. Watch it with "xenkeep runs ${runId} --follow".`,
        ])
        return ExitCode.ok
      }),
    )

/** `xenkeep runs decline RUN`. JSON: `{"runId":…}`. */
export const declineCommand = (program: Program) =>
  newCommand(
    'decline',
    'end a restore that waits, for good; who asked for it may take it back so',
    ['xenkeep runs decline 01JD9W5R6D3S0Q6Z1B4W8TXY2K --because "the wrong day"'],
  )
    .argument('<run>', 'id of the run')
    .option('--because <reason>', 'for whoever asked')
    .action(
      action(program, async (session, run: string, { because }: { because?: string }) => {
        const runId = ulid(run, 'run', 'xenkeep runs')
        const body = because === undefined ? {} : { because }
        const reply = await session.client.call('declineRun', { params: { runId }, body })
        const reason = because === undefined ? '' : ` (${safeText(because)})`
        answer(session, reply, () => [
          `Run ${runId} is declined${reason}: nothing was read or written for it.`,
        ])
        return ExitCode.ok
      }),
    )
