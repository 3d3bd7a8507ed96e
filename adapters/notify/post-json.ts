import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { DeliveryFailedError, DeliveryRefusedError } from '#core/errors/notifications.ts'
import { isPublicAddress, PrivateAddressError, publicLookup } from './public-address.ts'
import { partsOfAddress, withoutSecrets } from './without-secrets.ts'

/** Whom this program may call. */
export interface Reach {
  /**
   * Addresses of the own network and plain HTTP are allowed: on one machine, whose network is the administrator's own. In the cloud they are not, as
   * what answers there is not for people to read.
   */
  privateNetwork: boolean
}

export interface Post {
  url: string
  body: string
  headers?: Record<string, string>
  /** PEM, where the authority is none that everybody knows. */
  ca?: string | undefined
}

const TIME_LIMIT = 15_000 // ms, for all of it
const ANSWER = 4_096 // bytes of an answer that are read

/**
 * Posts JSON and takes any 2xx for a yes. Redirects are not followed: a signed message goes where the administrator said, and nowhere else.
 * @throws `DELIVERY_FAILED` (also for 3xx, 401, 403, 404, 408, 429 and 5xx: somebody may repair that), `DELIVERY_REFUSED` for other 4xx. The address is never
 *   in the message: for chats it is a secret.
 */
export const postJson = async (post: Post, reach: Reach): Promise<void> => {
  const url = parsed(post.url)
  guard(url, reach)
  const answer = await send(url, post, reach).catch(error => {
    throw new DeliveryFailedError(reasonOf(error), { cause: error })
  })
  judge(answer, url)
}

const parsed = (text: string): URL => {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new DeliveryFailedError('its address is no web address')
}

const guard = ({ protocol, hostname }: URL, { privateNetwork }: Reach): void => {
  if (privateNetwork) return
  if (protocol !== 'https:') throw new DeliveryRefusedError('only https is allowed from the cloud')
  const host = hostname.replace(/^\[|\]$/g, '')
  // The name server is not asked for these, so that the look-up cannot refuse them.
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new DeliveryRefusedError(PRIVATE)
}

const PRIVATE = 'its address lies in a private network, which the cloud does not call'

interface Answer {
  status: number
  retryAfter: string | undefined
  text: string
}

const send = (url: URL, { body, headers, ca }: Post, { privateNetwork }: Reach): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const call = request(
      url,
      {
        method: 'POST',
        agent: false,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'XenKeep',
          ...headers,
        },
        signal: AbortSignal.timeout(TIME_LIMIT),
        ...(ca === undefined ? {} : { ca }),
        ...(privateNetwork ? {} : { lookup: publicLookup }),
      },
      response => {
        read(response).then(
          text =>
            resolve({
              status: response.statusCode ?? 0,
              retryAfter: response.headers['retry-after'],
              text,
            }),
          reject,
        )
      },
    )
    call.once('error', reject)
    call.end(body)
  })

/** The beginning of an answer, for the reason of a refusal; the rest is not waited for. */
const read = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= ANSWER) break
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, ANSWER)
}

/** Somebody may repair what these tell of, at either end. */
const REPAIRABLE = new Set([401, 403, 404, 407, 408, 423, 425, 429])

const judge = ({ status, retryAfter, text }: Answer, url: URL): void => {
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

const reasonOf = (error: NodeJS.ErrnoException): string => {
  if (error instanceof PrivateAddressError) return PRIVATE
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `there was no answer within ${TIME_LIMIT / 1_000} s`
  return WORDS[error.code ?? ''] ?? `the connection failed (${error.code ?? error.message})`
}

const WORDS: Record<string, string> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'it cannot be reached',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is from an unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}
