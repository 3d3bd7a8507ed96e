import { LOCAL_SESSION_PATH, SignInReply } from '#core/contracts/console.ts'
import { ControlPlaneUnreachableError } from '#core/errors/wire.ts'
import { refusal } from './refusal.ts'
import type { Session } from './session.ts'
import { stored } from './stored.ts'

/** Signs in with the password of one machine. Tabs share the session: an origin is a port, so no other program of the machine sees it. */
export const passwordSession = (): Session => {
  const kept = stored(() => localStorage, 'xenkeep.session', SignInReply)

  const call = async (method: 'POST' | 'DELETE', init: RequestInit): Promise<unknown> => {
    const answer = await fetch(LOCAL_SESSION_PATH, { method, ...init }).catch(cause => {
      throw new ControlPlaneUnreachableError(location.origin, cause)
    })
    const json: unknown = await answer.json().catch(() => undefined)
    if (!answer.ok) throw refusal(json, answer.status)
    return json
  }

  return {
    async authorization() {
      const session = kept.read()
      return session && `Bearer ${session.token}`
    },
    ended: () => kept.write(undefined),
    async signOut() {
      const session = kept.read()
      kept.write(undefined)
      if (session)
        await call('DELETE', { headers: { authorization: `Bearer ${session.token}` } }).catch(
          () => undefined, // it ends by itself
        )
      location.assign('/')
    },
    signIn: {
      kind: 'password',
      async withPassword(password) {
        const headers = { 'content-type': 'application/json' }
        kept.write(
          SignInReply.parse(await call('POST', { headers, body: JSON.stringify({ password }) })),
        )
      },
    },
  }
}
