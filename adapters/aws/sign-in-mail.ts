import { z } from 'zod'

/** What the user pool says of who has signed in (OpenID Connect Core 1.0, 5.3; Cognito's userInfo endpoint). */
const UserInfo = z.object({ username: z.string(), email: z.string().optional() })

/** How long a mail address is believed, and for how long nobody asks again where there was no answer, in ms. */
const KNOWN_MS = 10 * 60_000
const UNKNOWN_MS = 30_000

/** A call of the API waits no longer for a name that is nicer to read, in ms. */
const PATIENCE_MS = 1_500

const MOST = 500

/**
 * Tells the mail address of a person: access tokens of Cognito hold none. It is for reading alone, so nobody is kept out where it cannot be had.
 * @param options.endpoint `https://<sign-in page>/oauth2/userInfo`
 * @returns asked with an access token that was found good, and the user name in it
 */
export const signInMail = ({
  endpoint,
  fetch = globalThis.fetch,
  now = Date.now,
}: {
  endpoint: string
  fetch?: typeof globalThis.fetch
  now?: () => number
}): ((token: string, id: string) => Promise<string | undefined>) => {
  const known = new Map<string, { mail: string | undefined; until: number }>()
  const ask = async (token: string, id: string): Promise<string | undefined> => {
    const answer = await fetch(endpoint, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const info = answer.ok ? UserInfo.safeParse(await answer.json()) : undefined
    return info?.success && info.data.username === id ? info.data.email : undefined
  }
  return async (token, id) => {
    const before = known.get(id)
    if (before && before.until > now()) return before.mail
    const mail = await ask(token, id).catch(() => undefined)
    if (known.size >= MOST) known.clear()
    known.set(id, {
      mail: mail ?? before?.mail,
      until: now() + (mail === undefined ? UNKNOWN_MS : KNOWN_MS),
    })
    return mail ?? before?.mail
  }
}
