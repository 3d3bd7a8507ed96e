import { NotificationSettings, type NotificationView } from '#core/contracts/channels-api.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { wholeNumber, withinLimit } from './arguments.ts'
import { readJsonFile } from './json-file.ts'
import { showNotificationCommand } from './show-notification.ts'

/** `xenkeep notifications`: what was told to whom. JSON: `{"notifications":[NotificationView]}`. */
export const notificationsCommand = (program: Program) => {
  const notifications = newCommand(
    'notifications',
    'recent messages, and how they were delivered',
    [
      'xenkeep notifications',
      'xenkeep notifications --last 100 --json',
      'xenkeep notifications show 01JD9W5R6D3S0Q6Z1B4W8TXY2K',
      'xenkeep notifications settings',
    ],
  )
    .option('--last <count>', 'at most this many', wholeNumber, 20)
    .action(
      action(program, async (session, { last }: { last: number }) => {
        const found = await listAll(session.client, 'listNotifications', {}, last + 1)
        const told = withinLimit(session, found, last, '--last')
        answer(session, { notifications: told }, () =>
          told.length > 0 ? table(columns(session.host), told) : ['Nothing was announced yet.'],
        )
        return ExitCode.ok
      }),
    )
  notifications.addCommand(showNotificationCommand(program))
  notifications.addCommand(settingsCommand(program))
  return notifications
}

const columns = ({ time }: Pick<Host, 'time'>): Column<NotificationView>[] => [
  { title: 'ID', cell: told => told.eventId },
  { title: 'WHEN', cell: told => time(told.at) },
  { title: 'KIND', cell: told => told.kind },
  { title: 'MESSAGE', cell: told => safeText(told.subject) },
  {
    title: 'TOLD',
    cell: ({ deliveries }) =>
      deliveries.length === 0
        ? 'no rule asks for it'
        : safeText(
            deliveries
              .map(
                ({ channelName, state, error }) =>
                  `${channelName}: ${state}${error && state !== 'delivered' ? ` (${error})` : ''}`,
              )
              .join('; '),
          ),
  },
]

/** JSON: NotificationSettings. */
const settingsCommand = (program: Program) =>
  newCommand('settings', 'who hears of what, daily reports, time zone', [
    'xenkeep notifications settings --json > settings.json',
    'xenkeep notifications settings --set settings.json',
  ])
    .option('--set <file>', 'JSON with all settings; "-" reads standard input')
    .action(
      action(program, async (session, { set }: { set?: string }) => {
        if (set !== undefined) {
          const body = settingsOf(await readJsonFile(session.host, set))
          const reply = await session.client.call('putNotificationSettings', { body })
          answer(session, reply, () => ['The settings are saved.'])
          return ExitCode.ok
        }
        const settings = await session.client.call('getNotificationSettings')
        answer(session, settings, () => [JSON.stringify(settings, null, 2)])
        return ExitCode.ok
      }),
    )

/** @throws `USAGE` naming the member */
const settingsOf = (given: unknown): NotificationSettings => {
  const result = NotificationSettings.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new UsageError(
    `These are no settings: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not valid'}.`,
    'docs/notifications.md has an example.',
  )
}
