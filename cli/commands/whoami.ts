import { action, answer, newCommand, type Program } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'

/** `xenkeep whoami`. */
export const whoamiCommand = (program: Program) =>
  newCommand('whoami', 'tell who you are to the XenKeep that is meant, and your role there', [
    'xenkeep whoami',
    'xenkeep whoami --json | jq -r .role',
  ]).action(
    action(program, async session => {
      const caller = await session.client.call('getCaller')
      answer(session, caller, () => [`${safeText(caller.name)} (${caller.role})`])
      return ExitCode.ok
    }),
  )
