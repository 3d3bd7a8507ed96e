import { action, answer, newCommand, type Program, type Session } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { ulid } from '../arguments.ts'
import { uuidOf } from './uuid-of.ts'

const toldOf = async ({ client }: Session, vmUuid: string): Promise<string | undefined> => {
  const { unusual, vm } = await client.call('getVm', { params: { vmUuid } })
  // A control plane of before tells it with the inventory alone.
  return (unusual ?? vm?.unusual)?.pointId
}

/** `xenkeep vms acknowledge`. JSON: `{"pointId":…,"unusual":UnusualChange}`. */
export const acknowledgeCommand = (program: Program) =>
  newCommand(
    'acknowledge',
    'say why a VM changed unusually: it is told as a problem no more, the next change is told again',
    [
      'xenkeep vms acknowledge db-01 --reason "moved the archive there, ticket 4711"',
      'xenkeep vms acknowledge db-01 --point 01JD9W5R6D3S0Q6Z1B4W8TXY2K --reason "an update"',
    ],
  )
    .argument('<vm>', 'exact name or UUID')
    .requiredOption('--reason <text>', 'why, in words; kept with the point and the audit records')
    .option(
      '--point <point>',
      'id of the unusual point; the one that "vms show" tells of unless given',
    )
    .action(
      action(
        program,
        async (session, wanted: string, options: { reason: string; point?: string }) => {
          const { reason: because, point } = options
          const vmUuid = await uuidOf(session, wanted)
          const pointId =
            point === undefined
              ? await toldOf(session, vmUuid)
              : ulid(point, 'recovery point', 'xenkeep points')
          if (pointId === undefined)
            throw new UsageError(
              `Nothing is told of ${quoted(wanted)} that nobody has explained.`,
              'Name the point with --point; "xenkeep points --vm VM" lists them.',
            )
          const reply = await session.client.call('acknowledgeChange', {
            params: { pointId },
            body: { because },
          })
          answer(session, reply, () => [
            `Noted with the recovery point ${pointId}: it is told as a problem no more.`,
            safeText(`What it was: ${reply.unusual.text}`),
            `Each other unusual change of ${quoted(wanted)} is told for itself.`,
          ])
          return ExitCode.ok
        },
      ),
    )
