import { z } from 'zod'
import type { SmtpAuth } from '#core/contracts/channels.ts'
import { DeliveryFailedError, DeliveryRefusedError } from '#core/errors/notifications.ts'
import type { Secrets } from '#core/ports.ts'
import type { WebCall } from './web-call.ts'

type OAuth = Extract<SmtpAuth, { kind: 'oauth2' }>

const Answer = z.object({ access_token: z.string().min(1).max(20_000) })
const ANSWER = 65_536 // bytes: tokens of Microsoft 365 have some 3,000, and there may be several

/**
 * A token for the mail server: in the user's name with a refresh token (RFC 6749, section 6), in the program's own without (section 4.4).
 * @throws `DELIVERY_FAILED`, `DELIVERY_REFUSED`; what the authority answered is not in it, as it may hold secrets, but its error code
 */
export const fetchToken = async (
  { tokenUrl, clientId, clientSecret, refreshToken, scope }: OAuth,
  secrets: Secrets,
  call: WebCall,
): Promise<string> => {
  const form = new URLSearchParams({
    client_id: clientId,
    ...(refreshToken === undefined
      ? { grant_type: 'client_credentials' }
      : { grant_type: 'refresh_token', refresh_token: await secrets.read(refreshToken) }),
    ...(clientSecret === undefined ? {} : { client_secret: await secrets.read(clientSecret) }),
    ...(scope === undefined ? {} : { scope }),
  })
  const { status, text } = await call({
    url: new URL(tokenUrl),
    body: String(form),
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    most: ANSWER,
  }).catch(error => {
    const whose = 'the authority for mail tokens'
    if (error instanceof DeliveryFailedError)
      throw new DeliveryFailedError(`${whose} could not be asked: ${error.why}`, { cause: error })
    throw new DeliveryRefusedError(`${whose} may not be asked from here`, error)
  })
  const json = parsed(text)
  const token = Answer.safeParse(json)
  if (status >= 200 && status < 300 && token.success) return token.data.access_token
  const { error } = json
  const code = typeof error === 'string' && /^[\w.-]{1,60}$/.test(error) ? `, ${error}` : ''
  throw new DeliveryFailedError(`the authority for mail tokens gave none (${status}${code})`)
}

const parsed = (text: string): { error?: unknown } => {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
