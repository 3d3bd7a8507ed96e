import { action, answer, newCommand, type Program } from '../../command.ts'
import { ExitCode } from '../../exit-codes.ts'
import { quoted } from '../../output/safe-text.ts'
import { findGuest } from './find-guest.ts'

/** `xenkeep guests rotate-key`. JSON: `{"gatewayId":…,"keySince":…,"lastSeen":…}`. */
export const rotateGuestKeyCommand = (program: Program) =>
  newCommand('rotate-key', 'have the agent in a guest make itself a new key pair', [
    'xenkeep guests rotate-key db-01',
    'xenkeep guests rotate-key db-01 --json',
  ])
    .argument('<guest>', 'UUID or exact name')
    .action(
      action(program, async (session, wanted: string) => {
        const { time } = session.host
        const { gatewayId, name } = await findGuest(session, wanted)
        const reply = await session.client.call('askNewKey', { params: { gatewayId }, body: {} })
        const { keySince, lastSeen } = reply
        answer(session, reply, () => [
          `The agent in ${quoted(name)} makes a new key when it calls next (it called ${lastSeen === undefined ? 'never so far' : `last at ${time(lastSeen)}`}); the one of today is from ${time(keySince)}.`,
          'Its jobs go on, and gateways learn the new key by themselves. "xenkeep guests show" tells since when it has its key. If somebody else may have its key, revoke the guest instead: whoever has it could make the next key his own.',
        ])
        return ExitCode.ok
      }),
    )
