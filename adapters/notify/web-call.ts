import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { DeliveryFailedError, DeliveryRefusedError } from '#core/errors/notifications.ts'
import { connectionWords } from './connection-words.ts'
import { type Reach, withinReach } from './reach.ts'

export interface WebRequest {
  url: URL
  body: string
  headers: Record<string, string>
  /** PEM, where the authority is none that everybody knows. */
  ca?: string | undefined
  /** Bytes of the answer that are read; the rest is not waited for. */
  most: number
}

export interface WebAnswer {
  status: number
  retryAfter: string | undefined
  text: string
}

/**
 * Posts, and says what came back, whatever it is. Redirects are not followed: a message goes where the administrator said, and nowhere else.
 * @throws `DELIVERY_FAILED` where nothing came back, `DELIVERY_REFUSED` where this program must not call; the address is in neither
 */
export type WebCall = (request: WebRequest) => Promise<WebAnswer>

const TIME_LIMIT = 15_000 // ms, for all of it

export const webCall =
  (reach: Reach): WebCall =>
  async request => {
    const { url } = request
    if (!reach.privateNetwork && url.protocol !== 'https:')
      throw new DeliveryRefusedError('only https is allowed from the cloud')
    const way = withinReach(url.hostname.replace(/^\[|\]$/g, ''), reach)
    return send(request, way).catch(error => {
      throw new DeliveryFailedError(connectionWords(error, TIME_LIMIT), { cause: error })
    })
  }

const send = (
  { url, body, headers, ca, most }: WebRequest,
  way: ReturnType<typeof withinReach>,
): Promise<WebAnswer> =>
  new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const call = request(
      url,
      {
        method: 'POST',
        agent: false,
        headers: {
          'content-length': Buffer.byteLength(body),
          'user-agent': 'XenKeep',
          ...headers,
        },
        signal: AbortSignal.timeout(TIME_LIMIT),
        ...(ca === undefined ? {} : { ca }),
        ...way,
      },
      response => {
        const { statusCode: status = 0, headers: said } = response
        const answered = (text: string) =>
          resolve({ status, retryAfter: said['retry-after'], text })
        read(response, most).then(answered, reject)
      },
    )
    call.once('error', reject)
    call.end(body)
  })

const read = async (response: IncomingMessage, most: number): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= most) break
  }
  return Buffer.concat(chunks).subarray(0, most).toString('utf8')
}
