import { DeliveryFailedError, DeliveryRefusedError } from '#core/errors/notifications.ts'
import type { WebAnswer, WebCall } from './web-call.ts'
import { partsOfAddress, withoutSecrets } from './without-secrets.ts'

export interface Post {
  url: string
  body: string
  headers?: Record<string, string>
  /** PEM, where the authority is none that everybody knows. */
  ca?: string | undefined
}

const ANSWER = 4_096 // bytes of an answer that are read, for the reason of a refusal

/**
 * Posts JSON and takes any 2xx for a yes.
 * @throws `DELIVERY_FAILED` (also for 3xx, 401, 403, 404, 408, 429 and 5xx: somebody may repair that), `DELIVERY_REFUSED` for other 4xx. The address is never
 *   in the message: for chats it is a secret.
 */
export const postJson = async (
  { url: address, body, headers, ca }: Post,
  call: WebCall,
): Promise<void> => {
  const url = parsed(address)
  const json = { 'content-type': 'application/json', ...headers }
  judge(await call({ url, body, headers: json, ca, most: ANSWER }), url)
}

const parsed = (text: string): URL => {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new DeliveryFailedError('its address is no web address')
}

/** Somebody may repair what these tell of, at either end. */
const REPAIRABLE = new Set([401, 403, 404, 407, 408, 423, 425, 429])

const judge = ({ status, retryAfter, text }: WebAnswer, url: URL): void => {
  if (status >= 200 && status < 300) return
  const said = withoutSecrets(text, partsOfAddress(url))
  const words = said.replace(/\s+/g, ' ').trim().slice(0, 200)
  const why = `it answered ${status}${words ? ` ("${words}")` : ''}`
  if (status >= 300 && status < 400)
    throw new DeliveryFailedError(`${why}, and redirects are not followed: give the final address`)
  if (status >= 400 && status < 500 && !REPAIRABLE.has(status)) throw new DeliveryRefusedError(why)
  const wait = retryAfterMs(retryAfter)
  throw new DeliveryFailedError(why, wait === undefined ? {} : { retryAfterMs: wait })
}

/** Seconds or a date (RFC 9110, section 10.2.3); dates are left to our own patience, as clocks differ. */
const retryAfterMs = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : undefined
