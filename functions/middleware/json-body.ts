import type { MiddlewareObj } from '@middy/core'
import { BodyTooLargeError, RequestInvalidError } from '#core/errors/request.ts'
import type { HandledEvent, HttpAnswer } from './route-call.ts'

/**
 * The largest body, in bytes: an inventory of some 7,000 VMs. Lambda takes 6 MB of event (AWS limit), in which the body
 * stands as an escaped string.
 */
export const BODY_LIMIT = 4 * 1024 * 1024

/** @throws `BODY_TOO_LARGE`, `REQUEST_INVALID` */
export const jsonBody = ({
  limit = BODY_LIMIT,
}: {
  limit?: number
} = {}): MiddlewareObj<HandledEvent, HttpAnswer> => ({
  before: ({ event }) => {
    if (event.body === undefined || event.body === '') return
    const bytes = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8')
    if (bytes.length > limit) throw new BodyTooLargeError(limit)
    try {
      event.json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch {
      throw new RequestInvalidError('the body is not JSON.')
    }
  },
})
