import { readSecret } from '#gateway-agent/secret-file.ts'
import { action, answer, newCommand, type Program } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { type Host, tell } from '../host.ts'
import { readSession, removeSession, sessionFile, writeSession } from '../login/kept-session.ts'
import { safeText } from '../output/safe-text.ts'
import { remoteClient, remoteOf } from '../remote.ts'
import { guardUrl } from '../remote-url.ts'
import { promptSecret } from '../setup/prompt.ts'

interface LoginOptions {
  /** `false` with --no-browser. */
  browser: boolean
  passwordFile?: string
}

/** `xenkeep login [URL]`. JSON: `{"url":…,"name":…,"role":…}`. */
export const loginCommand = (program: Program) =>
  newCommand('login', 'sign in to a XenKeep elsewhere, as in its console', [
    'xenkeep login https://xenkeep.example.com',
    'xenkeep login https://xenkeep.example.com --no-browser   # over SSH: sign in elsewhere',
    'xenkeep login http://127.0.0.1:8720   # one machine, through a tunnel: asks for its password',
  ])
    .argument('[url]', 'address of the console (default: $XENKEEP_URL)')
    .option('--no-browser', 'print the address to open, and ask for the one at which it ends')
    .option('--password-file <file>', 'one machine: a file with the password of its console')
    .action(
      action(program, async (session, given: string | undefined, options: LoginOptions) => {
        const { host } = session
        const url = urlOf(host, given)
        const { commandLineOf, signInByBrowser, signInByHand, signInByPassword, signInSettings } =
          await import('../login/login.ts')
        const settings = await signInSettings(host, url)
        const kept =
          settings.signIn === 'password'
            ? await signInByPassword(host, url, await passwordOf(host, options.passwordFile))
            : await (options.browser ? signInByBrowser : signInByHand)(
                host,
                commandLineOf(settings),
              )
        await writeSession(sessionFile(host.env, url), kept)
        const { name, role } = await callerOf(host, url)
        answer(session, { url, name, role }, () => [
          `You are signed in to ${url} as ${safeText(name)} (${role}).`,
        ])
        warnOfEnvironment(host, url)
        return ExitCode.ok
      }),
    )

/** `xenkeep logout [URL]`. JSON: `{"url":…,"signedIn":false}`. */
export const logoutCommand = (program: Program) =>
  newCommand('logout', 'sign out of a XenKeep elsewhere', [
    'xenkeep logout',
    'xenkeep logout https://xenkeep.example.com',
  ])
    .argument('[url]', 'address of the console (default: $XENKEEP_URL)')
    .action(
      action(program, async (session, given: string | undefined) => {
        const { host } = session
        const url = urlOf(host, given)
        const file = sessionFile(host.env, url)
        const kept = await readSession(file)
        // First here: what is gone from this machine nobody can take from it.
        await removeSession(file)
        if (kept) {
          const { signOut } = await import('../login/login.ts')
          await signOut(host, url, kept)
        }
        answer(session, { url, signedIn: false }, () => [
          kept ? `You are signed out of ${url}.` : `You were not signed in to ${url}.`,
        ])
        return ExitCode.ok
      }),
    )

/** @throws `USAGE`, `CONTROL_URL_INVALID` */
const urlOf = (host: Host, given: string | undefined): string => {
  const url = given ?? host.env.XENKEEP_URL
  if (!url)
    throw new UsageError(
      'Which XenKeep is meant?',
      'Give the address of its console, or set XENKEEP_URL. The XenKeep of this machine lets its owner in without signing in.',
    )
  guardUrl(url)
  return new URL(url).origin
}

/** @throws `SECRET_UNREADABLE`, `PASSPHRASE_MISSING`, `INTERRUPTED` */
const passwordOf = async (host: Host, file: string | undefined): Promise<string> => {
  const variable = 'XENKEEP_CONSOLE_PASSWORD'
  const what = 'password of the console'
  if (host.env[variable]) return host.env[variable]
  if (file) return readSecret(what, process.cwd(), file)
  return promptSecret(host, 'Password of the console: ', {
    what,
    variable,
    option: '--password-file',
  })
}

/** Who that is, with the session that was just kept. */
const callerOf = async (host: Host, url: string) => {
  const { XENKEEP_TOKEN: _, XENKEEP_TOKEN_FILE: __, ...env } = host.env
  const remote = remoteOf({ ...host, env: { ...env, XENKEEP_URL: url } })
  if (!remote) throw new UsageError('Which XenKeep is meant?')
  return remoteClient(remote, host.fetch).call('getCaller')
}

const warnOfEnvironment = (host: Host, url: string): void => {
  const { XENKEEP_URL, XENKEEP_TOKEN, XENKEEP_TOKEN_FILE } = host.env
  if (!XENKEEP_URL || new URL(XENKEEP_URL).origin !== url)
    tell(host, `Commands talk to it once you say "export XENKEEP_URL=${url}".`)
  if (XENKEEP_TOKEN || XENKEEP_TOKEN_FILE)
    tell(
      host,
      'The token that the environment names still goes before: unset XENKEEP_TOKEN and XENKEEP_TOKEN_FILE.',
    )
}
