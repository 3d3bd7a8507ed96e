import { action, answer, newCommand, type Program } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { quoted } from '../../output/safe-text.ts'
import { findGuest } from './find-guest.ts'

/** `xenkeep guests rename`. JSON: `{"gatewayId":…,"name":…}`. */
export const renameGuestCommand = (program: Program) =>
  newCommand('rename', 'give a guest another name', [
    'xenkeep guests rename db-01 "orders database"',
  ])
    .argument('<guest>', 'UUID or exact name')
    .argument('<name>', 'what no other guest and no gateway is called')
    .action(
      action(program, async (session, wanted: string, name: string) => {
        if (name.trim() === '') throw new UsageError('A guest needs a name.')
        const { gatewayId, guestUuid } = await findGuest(session, wanted)
        const params = { gatewayId }
        const reply = await session.client.call('renameGateway', { params, body: { name } })
        answer(session, reply, () => [
          `Guest ${guestUuid} is called ${quoted(name)} now. Its points stay its own: they hang on its UUID. New ones tell the name that stands in its settings.`,
        ])
        return ExitCode.ok
      }),
    )
