import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { quoted } from '../output/safe-text.ts'
import { findGateway } from './find-gateway.ts'

/** `xenkeep gateways rotate-key`. JSON: `{"gatewayId":…,"keySince":…,"lastSeen":…}`. */
export const rotateKeyCommand = (program: Program) =>
  newCommand('rotate-key', 'have a gateway make itself a new key pair when it calls next', [
    'xenkeep gateways rotate-key "site A"',
    'xenkeep gateways rotate-key 01JD9W5R6D3S0Q6Z1B4W8TXY2K --json',
  ])
    .argument('<gateway>', 'id or exact name')
    .action(
      action(program, async (session, wanted: string) => {
        const { time } = session.host
        const { gatewayId, name } = await findGateway(session, wanted)
        const reply = await session.client.call('askNewKey', { params: { gatewayId }, body: {} })
        const { keySince, lastSeen } = reply
        answer(session, reply, () => [
          `Gateway ${quoted(name)} makes a new key when it calls next (it called ${lastSeen === undefined ? 'never so far' : `last at ${time(lastSeen)}`}); the one of today is from ${time(keySince)}.`,
          'Its jobs go on. "xenkeep gateways" shows since when it has its key. If somebody else may have its key, revoke the gateway instead: whoever has it could make the next key his own.',
        ])
        return ExitCode.ok
      }),
    )
