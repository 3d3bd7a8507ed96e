import type { NotificationView } from '#core/contracts/channels-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count } from '../output/units.ts'
import { ulid } from './arguments.ts'

/** `xenkeep notifications show MESSAGE`. */
export const showNotificationCommand = (program: Program) =>
  newCommand('show', 'show one message as it was sent, and what became of it on each channel', [
    'xenkeep notifications show 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
  ])
    .argument('<message>', 'id, as "xenkeep notifications" shows it')
    .action(
      action(program, async (session, message: string) => {
        const eventId = ulid(message, 'message', 'xenkeep notifications')
        const told = await session.client.call('getNotification', { params: { eventId } })
        answer(session, told, () => notificationLines(told, session.host))
        return ExitCode.ok
      }),
    )

const notificationLines = (
  { at, kind, severity, subject, text, inARow, deliveries }: NotificationView,
  { time }: Pick<Host, 'time'>,
): string[] => [
  safeText(subject),
  `  when      ${time(at)}`,
  `  kind      ${kind} (${severity})${inARow > 1 ? `, number ${inARow} in a row` : ''}`,
  ...(deliveries.length === 0 ? ['  told      nobody: no rule asks for it'] : []),
  ...deliveries.map(
    ({ channelName, state, attempts, error }) =>
      `  told      ${safeText(channelName)}: ${state} after ${count(attempts, 'try', 'tries')}${error && state !== 'delivered' ? ` (${safeText(error)})` : ''}`,
  ),
  '',
  ...text.split('\n').map(safeText),
]
