import { setPassword } from '#local/sign-in/password.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { readEndpoint } from '../control-plane.ts'
import { files } from '../data-directory.ts'
import { NotRunningError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'

/** `xenkeep console …`: the pages of this machine's XenKeep. JSON: `{"url":…}`. */
export const consoleCommand = (program: Program) => {
  const console = newCommand('console', 'tell the address of the console of this machine', [
    'xenkeep console',
    'xenkeep console password   # a new password, when the one of the first start is lost',
  ]).action(
    action(program, async session => {
      const { dataDir } = session
      const endpoint = await readEndpoint(dataDir)
      if (!endpoint) throw new NotRunningError(dataDir)
      const { url } = endpoint
      answer(session, { url }, () => [url])
      return ExitCode.ok
    }),
  )
  console.addCommand(passwordCommand(program))
  return console
}

/** JSON: `{"password":…}`. */
const passwordCommand = (program: Program) =>
  newCommand('password', 'make a new password for the console of this machine', [
    'xenkeep console password',
  ]).action(
    action(program, async session => {
      const password = await setPassword(files(session.dataDir).password)
      answer(session, { password }, () => [
        password,
        '',
        'This password is shown once and kept nowhere. Whoever signed in with a former one has to sign in again.',
      ])
      return ExitCode.ok
    }),
  )
