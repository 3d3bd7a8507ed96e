import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { resolveRunToCancel } from './runs.ts'

/** `xenkeep cancel RUN`. JSON: `{"runId":…}`. */
export const cancelCommand = (program: Program) =>
  newCommand('cancel', 'end a run; what its finished jobs stored stays', [
    'xenkeep cancel latest',
    'xenkeep cancel 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
  ])
    .argument(
      '<run>',
      'id of a run, or "latest": the one that is at work; a round of a standby is never meant',
    )
    .action(
      action(program, async (session, run: string) => {
        const runId = await resolveRunToCancel(session, run)
        const query = { limit: 1 }
        const { run: before } = await session.client.call('getRun', { params: { runId }, query })
        const reply = await session.client.call('cancelRun', { params: { runId }, body: {} })
        answer(session, reply, () =>
          before.state === 'waiting'
            ? [
                `Run ${runId} (${safeText(before.title)}) is withdrawn: nobody had approved it, and nothing was read or written.`,
              ]
            : before.state === 'running'
              ? [
                  `Run ${runId} (${safeText(before.title)}) is being cancelled; its gateway stops at the next heartbeat and removes its snapshots.`,
                  `See how it ends with "xenkeep runs ${runId} --follow".`,
                ]
              : [`Run ${runId} had ended already (${before.state}); nothing was cancelled.`],
        )
        return ExitCode.ok
      }),
    )
