import { action, newCommand, type Program, type Session } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { followRun } from '../../follow/follow-run.ts'
import { print, printJson } from '../../host.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { ulid } from '../arguments.ts'

interface DeleteOptions {
  reason?: string
  confirm?: string
  evenLast?: true
  detach?: true
}

/** `xenkeep points delete`. JSON lines as of every run: `started`, `progress`, `ended`. */
export const deletePointCommand = (program: Program) =>
  newCommand('delete', 'delete one recovery point for ever, where no lock and no hold keeps it', [
    'xenkeep points delete 01JD9W5R6D3S0Q6Z1B4W8TXY2K --confirm db-01 --reason "ticket 4711"',
  ])
    .argument('<point>', 'id of the point')
    .requiredOption('--reason <text>', 'why, in words; kept with the run and the audit records')
    .option('--confirm <name>', 'name of its VM once more: that this very point is meant')
    .option('--even-last', 'also where it is the last one of its VM')
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, wanted: string, options: DeleteOptions) => {
        const pointId = ulid(wanted, 'recovery point', 'xenkeep points')
        const { vmName, taken } = await findPoint(session, pointId)
        const { confirm, reason = '', evenLast, detach } = options
        if (confirm !== vmName)
          throw new UsageError(
            `${confirm === undefined ? '' : `${quoted(confirm)} is not its name. `}The recovery point ${pointId} of ${quoted(vmName)}, taken ${session.host.time(taken)}, would be deleted for ever; nothing was done yet.`,
            `Confirm with --confirm ${quoted(vmName)}`,
          )
        const { runId } = await session.client.call('deletePoint', {
          params: { pointId },
          body: { reason, vmName, ...(evenLast && { evenLast }) },
        })
        if (session.json) printJson(session.host, { event: 'started', runId })
        if (!detach) return followRun(session, runId)
        if (!session.json)
          print(
            session.host,
            `Run ${runId} is started. Watch it with "xenkeep runs ${runId} --follow".`,
          )
        return ExitCode.ok
      }),
    )

/** @throws `USAGE` */
export const findPoint = async ({ client }: Session, pointId: string) => {
  const points = await listAll(client, 'listPoints', { point: pointId }, 1)
  const found = points.find(point => point.pointId === pointId)
  if (found) return found
  throw new UsageError(
    `There is no recovery point ${safeText(pointId)}.`,
    '"xenkeep points" lists them.',
  )
}
