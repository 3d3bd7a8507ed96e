import { spawn } from 'node:child_process'
import {
  COMMAND_LINE_CALLBACK,
  ConsoleSettings,
  LOCAL_SESSION_PATH,
  SignInReply,
} from '#core/contracts/console.ts'
import { Problem } from '#core/contracts/problem.ts'
import { RelayedError } from '#core/errors/base.ts'
import { ControlPlaneUnreachableError } from '#core/errors/wire.ts'
import { type Host, tell } from '../host.ts'
import { promptSecret } from '../setup/prompt.ts'
import { SignInFailedError } from './errors.ts'
import type { KeptSession } from './kept-session.ts'
import { listenForBrowser } from './loopback.ts'
import { type Provider, providerOf } from './provider.ts'

/** How people prove who they are to that control plane. @throws `CONTROL_PLANE_UNREACHABLE`, `SIGN_IN_FAILED` */
export const signInSettings = async (host: Host, url: string): Promise<ConsoleSettings> => {
  const answer = await request(host, new URL('/settings.json', url), { method: 'GET' })
  const settings = ConsoleSettings.safeParse(await answer.json().catch(() => undefined))
  if (answer.ok && settings.success) return settings.data
  throw new SignInFailedError(
    `${new URL(url).origin} does not say how people sign in`,
    'Give the address of the console (ConsoleUrl of the deployment); where there is none, docs/deploy.md tells how to make a token.',
  )
}

/**
 * With the password of the console of one machine.
 * @throws what the door says: `SIGN_IN_REFUSED`, `SIGN_IN_LIMITED`
 */
export const signInByPassword = async (
  host: Host,
  url: string,
  password: string,
): Promise<KeptSession> => {
  const answer = await request(host, new URL(LOCAL_SESSION_PATH, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password }),
  })
  const json: unknown = await answer.json().catch(() => undefined)
  const reply = SignInReply.safeParse(json)
  if (answer.ok && reply.success) return { kind: 'password', ...reply.data }
  const { code, message, advice, retryable } = (json ?? {}) as Record<string, unknown>
  const problem = Problem.safeParse({ code, message, advice, retryable })
  if (problem.success) throw new RelayedError(problem.data)
  throw new SignInFailedError('The console gave an answer that cannot be understood')
}

/** As which program of the user pool the command line signs in. @throws `SIGN_IN_FAILED` */
export const commandLineOf = (
  settings: Extract<ConsoleSettings, { signIn: 'cognito' }>,
): Provider => {
  const { host, issuer, commandLineClientId: clientId } = settings
  if (clientId) return { host, issuer, clientId }
  throw new SignInFailedError(
    'This deployment does not say as which program the command line signs in',
    'Deploy it again with this version, or make a token as docs/deploy.md tells.',
  )
}

/**
 * On the pages of the user pool, in the browser of this machine.
 * @param callback what Cognito was told; tests have ports of their own
 * @throws `SIGN_IN_FAILED`, `CONTROL_PLANE_UNREACHABLE`
 */
export const signInByBrowser = async (
  host: Host,
  provider: Provider,
  callback = COMMAND_LINE_CALLBACK,
): Promise<KeptSession> => {
  const signIn = await providerOf(provider, host).begin(callback)
  const listening = await listenForBrowser(new URL(callback), signIn.isOurs)
  try {
    tell(host, 'Sign in in the browser. If none opens, open this address on this machine:')
    tell(host, '', signIn.address, '')
    openBrowser(host, signIn.address)
    return await signIn.finish(await listening.back)
  } finally {
    listening.close()
  }
}

/**
 * On the pages of the user pool, in any browser: who signed in gives back the address at which the browser ended.
 * @param ask asks for it at the terminal
 * @throws `SIGN_IN_FAILED`, `CONTROL_PLANE_UNREACHABLE`
 */
export const signInByHand = async (
  host: Host,
  provider: Provider,
  ask: () => Promise<string> = () => askForAddress(host),
): Promise<KeptSession> => {
  const signIn = await providerOf(provider, host).begin(COMMAND_LINE_CALLBACK)
  tell(host, 'Open this address in a browser, on any machine, and sign in:', '', signIn.address, '')
  tell(host, 'The browser then cannot open a page of localhost:8721. That is as it should be: copy')
  tell(host, 'the whole address of that page, and give it here within five minutes.')
  const back = URL.parse((await ask()).trim())
  if (!back?.searchParams.has('state'))
    throw new SignInFailedError(
      'That is not the address of the page',
      'Run the command again, and give all of the address: it begins with http://localhost:8721/ and holds code= and state=.',
    )
  return signIn.finish(back)
}

const askForAddress = (host: Host): Promise<string> => {
  if (!host.stdin.isTTY || !host.stderr.isTTY)
    throw new SignInFailedError(
      'There is no terminal at which the address could be given',
      'Scripts use a token: "xenkeep tokens create", and XENKEEP_TOKEN_FILE.',
    )
  // Not shown: the code in it is as good as a password for some minutes.
  return promptSecret(host, 'Address of the page: ')
}

/** As `$BROWSER` says, else as the desktop does. Where there is none, the address that was printed does. */
const openBrowser = ({ env }: Host, address: string): void => {
  const program = env.BROWSER || (process.platform === 'darwin' ? 'open' : 'xdg-open')
  spawn(program, [address], { detached: true, stdio: 'ignore' })
    .on('error', () => undefined)
    .unref()
}

/** @throws `CONTROL_PLANE_UNREACHABLE` */
const request = (host: Host, url: URL, init: RequestInit): Promise<Response> =>
  host.fetch(url, { ...init, redirect: 'error' }).catch(cause => {
    throw new ControlPlaneUnreachableError(url.origin, cause)
  })

/** Ends a session where it was begun. @throws `CONTROL_PLANE_UNREACHABLE`, `SIGN_IN_FAILED` */
export const signOut = async (host: Host, url: string, session: KeptSession): Promise<void> => {
  if (session.kind === 'cognito') return providerOf(session, host).revoke(session)
  const headers = { authorization: `Bearer ${session.token}` }
  await request(host, new URL(LOCAL_SESSION_PATH, url), { method: 'DELETE', headers })
}
