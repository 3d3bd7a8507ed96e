import { ChannelDefinition } from '#core/contracts/channels.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { table } from '../output/table.ts'
import { findChannel } from './find-channel.ts'
import { readJsonFile } from './json-file.ts'
import { testCommand } from './test-channel.ts'

/** `xenkeep channels …`: where messages go. */
export const channelsCommand = (program: Program) => {
  const channels = newCommand('channels', 'where messages go: mail, chats, web hooks, syslog', [
    'xenkeep channels add "night shift" mail.json',
    'xenkeep channels test "night shift"',
    'xenkeep channels list',
  ])
  for (const child of [listCommand, addCommand, showCommand, testCommand, removeCommand])
    channels.addCommand(child(program))
  return channels
}

/** JSON: `{"channels":[ChannelView]}`. */
const listCommand = (program: Program) =>
  newCommand('list', 'list the channels and how they stand', ['xenkeep channels list']).action(
    action(program, async session => {
      const channels = await listAll(session.client, 'listChannels')
      answer(session, { channels }, () =>
        channels.length > 0
          ? table(
              [
                { title: 'CHANNEL', cell: channel => channel.channelId },
                { title: 'NAME', cell: channel => safeText(channel.name) },
                { title: 'KIND', cell: channel => channel.to.kind },
                { title: 'HOW IT STANDS', cell: channel => safeText(channel.line) },
              ],
              channels,
            )
          : ['There is no channel yet. "xenkeep channels add NAME FILE" makes one.'],
      )
      return ExitCode.ok
    }),
  )

/** JSON: `{"channelId":…}`. */
const addCommand = (program: Program) =>
  newCommand('add', 'make a channel, or replace the one of that name', [
    'xenkeep channels add "night shift" mail.json',
    `echo '{"kind":"syslog","host":"10.0.0.5","transport":"tls","ca":"syslog-ca"}' \\\n      | xenkeep channels add siem -`,
  ])
    .argument('<name>', 'what it is called')
    .argument(
      '<file>',
      'JSON that tells where messages go (docs/notifications.md); "-" reads standard input',
    )
    .option('--max-per-hour <count>', 'beyond this, one message tells of many (default: 30)')
    .option('--disabled', 'sends nothing for now')
    .action(
      action(
        program,
        async (
          session,
          name: string,
          file: string,
          { maxPerHour, disabled = false }: { maxPerHour?: string; disabled?: boolean },
        ) => {
          const body = definitionOf({
            name,
            enabled: !disabled,
            ...(maxPerHour !== undefined && { maxPerHour: Number(maxPerHour) }),
            to: await readJsonFile(session.host, file),
          })
          const known = (await listAll(session.client, 'listChannels')).find(
            channel => channel.name === name,
          )
          const reply = known
            ? await session.client.call('putChannel', {
                params: { channelId: known.channelId },
                body,
              })
            : await session.client.call('createChannel', { body })
          answer(session, reply, () => [
            `Channel ${reply.channelId} ${known ? 'is replaced' : 'is made'}. Try it with "xenkeep channels test ${reply.channelId}".`,
          ])
          return ExitCode.ok
        },
      ),
    )

/** @throws `USAGE` naming the member, before anything is sent */
const definitionOf = (given: unknown): ChannelDefinition => {
  const result = ChannelDefinition.safeParse(given)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new UsageError(
    `This is no channel: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not valid'}.`,
    'docs/notifications.md has an example of each kind.',
  )
}

/** JSON: ChannelView. */
const showCommand = (program: Program) =>
  newCommand('show', 'show one channel; secrets are shown by name only', [
    'xenkeep channels show "night shift"',
  ])
    .argument('<channel>', 'id or name')
    .action(
      action(program, async (session, wanted: string) => {
        const channel = await findChannel(session, wanted)
        answer(session, channel, () => [
          `${safeText(channel.name)} (${channel.channelId}): ${safeText(channel.line)}`,
          `At most ${channel.maxPerHour} messages an hour. To: ${safeText(JSON.stringify(channel.to))}`,
        ])
        return ExitCode.ok
      }),
    )

/** JSON: `{"channelId":…}`. */
const removeCommand = (program: Program) =>
  newCommand('remove', 'remove a channel that no rule names', [
    'xenkeep channels remove "night shift"',
  ])
    .argument('<channel>', 'id or name')
    .action(
      action(program, async (session, wanted: string) => {
        const { channelId, name } = await findChannel(session, wanted)
        const reply = await session.client.call('deleteChannel', { params: { channelId } })
        answer(session, reply, () => [
          `Channel ${safeText(name)} is removed; what waited for it is dropped.`,
        ])
        return ExitCode.ok
      }),
    )
