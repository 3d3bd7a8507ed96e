import type { Host } from '../host.ts'
import { LoginEndedError } from './errors.ts'
import { readSession, removeSession, sessionFile, writeSession } from './kept-session.ts'

/** Before its end that an access token is replaced. */
const AHEAD_MS = 60_000

/**
 * The token of who signed in to a control plane with `xenkeep login`, renewed where it is about to end.
 * @returns undefined where nobody did
 * @throws `SIGN_IN_ENDED`, `TOKEN_FILE_OPEN`, `CONTROL_PLANE_UNREACHABLE`, `SIGN_IN_FAILED`
 */
export const signedIn = async (host: Host, url: string): Promise<string | undefined> => {
  const file = sessionFile(host.env, url)
  const session = await readSession(file)
  if (!session) return undefined
  if (session.kind === 'password') {
    if (session.until > host.now()) return session.token
    await removeSession(file)
    throw new LoginEndedError(url)
  }
  if (session.until - host.now() > AHEAD_MS) return session.access
  const { providerOf } = await import('./provider.ts')
  const renewed = await providerOf(session, host).renew(session)
  if (!renewed) {
    await removeSession(file)
    throw new LoginEndedError(url)
  }
  await writeSession(file, renewed)
  return renewed.access
}
