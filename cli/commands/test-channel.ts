import type { NotificationView } from '#core/contracts/channels-api.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { findChannel } from './find-channel.ts'

const PATIENCE = 90_000 // ms: in the cloud messages leave each minute
const POLL = 1_000 // ms

/** JSON: NotificationView. */
export const testCommand = (program: Program) =>
  newCommand('test', 'send a test message and wait until it is there', [
    'xenkeep channels test "night shift"',
  ])
    .argument('<channel>', 'id or name')
    .action(
      action(program, async (session, wanted: string) => {
        const { channelId, name } = await findChannel(session, wanted)
        const params = { channelId }
        const { eventId } = await session.client.call('testChannel', { params })
        const told = await waitFor(session, eventId)
        const [delivery] = told.deliveries
        const state = delivery?.state ?? 'waiting'
        answer(session, told, () => [
          state === 'delivered'
            ? `The test message got through to ${safeText(name)}.`
            : `The test message is not there: ${safeText(delivery?.error ?? WORDS[state] ?? state)}`,
        ])
        return state === 'delivered' ? ExitCode.ok : ExitCode.failed
      }),
    )

const WORDS: Record<string, string> = {
  waiting: 'nobody has tried yet. A gateway sends syslog and SNMP: see whether one is connected.',
  off: 'the channel is switched off.',
}

/** @returns it as soon as one try has ended, or as it is when patience is */
const waitFor = async (session: Session, eventId: string): Promise<NotificationView> => {
  const { client, host } = session
  for (const until = host.now() + PATIENCE; ; ) {
    const told = await client.call('getNotification', { params: { eventId } })
    const isTried = told.deliveries.some(({ state, error }) => state !== 'waiting' || error)
    if (isTried || host.now() > until) return told
    await new Promise(resolve => setTimeout(resolve, POLL))
  }
}
