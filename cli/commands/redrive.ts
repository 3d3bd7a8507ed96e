import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { ulid } from './arguments.ts'

/** `xenkeep runs redrive RUN`. JSON: `{"runId":…,"attempt":2}`. */
export const redriveCommand = (program: Program) =>
  newCommand(
    'redrive',
    'go on with a run whose workflow hangs or was stopped, with its jobs as they stand',
    ['xenkeep runs redrive 01JD9W5R6D3S0Q6Z1B4W8TXY2K'],
  )
    .argument('<run>', 'id of a run that has not ended; "xenkeep runs" lists them')
    .addHelpText(
      'after',
      '\nRuns are redriven by themselves when the control plane starts, when another region\ntakes over, and when their workflow ended before they did.',
    )
    .action(
      action(program, async (session, run: string) => {
        const runId = ulid(run, 'run', 'xenkeep runs')
        const reply = await session.client.call('redriveRun', { params: { runId }, body: {} })
        answer(session, reply, () => [
          `Run ${runId} goes on (attempt ${reply.attempt}): jobs that have ended stay as they are, the others are dispatched again.`,
          `See how it ends with "xenkeep runs ${runId} --follow".`,
        ])
        return ExitCode.ok
      }),
    )
