import { randomUUID } from 'node:crypto'
import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { followRun } from '../follow/follow-run.ts'
import { printJson } from '../host.ts'
import { ulid } from './arguments.ts'

/** `xenkeep runs retry RUN`. JSON: `{"runId":…}`; with `--follow` lines as of "backup". */
export const retryCommand = (program: Program) =>
  newCommand('retry', 'do again what failed or was cancelled in a run that has ended', [
    'xenkeep runs retry 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
    'xenkeep runs retry 01JD9W5R6D3S0Q6Z1B4W8TXY2K --follow',
  ])
    .argument('<run>', 'id of a run that has ended; "xenkeep runs --state troubled" lists them')
    .option('--follow', 'show progress until the new run ends; exit code as for "backup"')
    .addHelpText(
      'after',
      '\nA new run does it as it was asked for then, with its methods, locks and programs. What\nsucceeded or was skipped is left alone. A run is tried again once; after that, the run that did so\nis. A restore over a VM asks for approval again.',
    )
    .action(
      action(program, async (session, run: string, { follow }: { follow?: true }) => {
        const { client, host, json } = session
        const former = ulid(run, 'run', 'xenkeep runs')
        const { runId } = await client.call('retryRun', {
          ...{ params: { runId: former }, body: {} },
          idempotencyKey: randomUUID(),
        })
        if (follow) {
          if (json) printJson(host, { event: 'started', runId })
          return followRun(session, runId)
        }
        answer(session, { runId }, () => [
          `Run ${runId} does again what failed in run ${former}.`,
          `See how it stands with "xenkeep runs ${runId} --follow".`,
        ])
        return ExitCode.ok
      }),
    )
