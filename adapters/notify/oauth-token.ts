import { z } from 'zod'
import type { SmtpAuth } from '#core/contracts/channels.ts'
import { DeliveryFailedError } from '#core/errors/notifications.ts'
import type { Secrets } from '#core/ports.ts'

type OAuth = Extract<SmtpAuth, { kind: 'oauth2' }>

const Answer = z.object({ access_token: z.string().min(1).max(20_000) })

/**
 * A token for the mail server: in the user's name with a refresh token (RFC 6749, section 6), in the program's own without (section 4.4).
 * @throws `DELIVERY_FAILED`; what the authority answered is not in it, as it may hold secrets, but its error code
 */
export const fetchToken = async (
  { tokenUrl, clientId, clientSecret, refreshToken, scope }: OAuth,
  secrets: Secrets,
  fetch: typeof globalThis.fetch,
): Promise<string> => {
  const form = new URLSearchParams({
    client_id: clientId,
    ...(refreshToken === undefined
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'refresh_token', refresh_token: await secrets.read(refreshToken) }),
    ...(clientSecret === undefined ? {} : { client_secret: await secrets.read(clientSecret) }),
    ...(scope === undefined ? {} : { scope }),
  })
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    body: form,
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  }).catch(cause => {
    throw new DeliveryFailedError('the authority for mail tokens could not be reached', { cause })
  })
  const json: unknown = await answer.json().catch(() => ({}))
  const token = Answer.safeParse(json)
  if (answer.ok && token.success) return token.data.access_token
  const { error } = json as { error?: unknown }
  const code = typeof error === 'string' && /^[\w.-]{1,60}$/.test(error) ? `, ${error}` : ''
  throw new DeliveryFailedError(`the authority for mail tokens gave none (${answer.status}${code})`)
}
