import { createHash } from 'node:crypto'
import type { MiddlewareObj } from '@middy/core'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import type { HandledEvent, HttpAnswer } from './route-call.ts'

/**
 * What people read bears an ETag, and who has it already is answered 304 without it (RFC 9110, 13.1.2): a page that follows a run asks every few seconds, and an
 * answer of 500 jobs is more than a megabyte. What is compared is the answer as it would be sent, so that nothing that changed is ever taken for the same.
 */
export const conditional = (name: RouteName): MiddlewareObj<HandledEvent, HttpAnswer>[] => {
  const { method, audience } = routes[name]
  if (method !== 'GET' || audience !== 'person') return []
  return [
    {
      after: request => {
        const { event, response } = request
        if (response?.statusCode !== 200) return
        // 128 bits: 22 characters of base64url.
        const hash = createHash('sha256').update(response.body).digest('base64url').slice(0, 22)
        const etag = `"${hash}"`
        if (!isKnown(event.headers['if-none-match'], etag)) {
          response.headers = { ...response.headers, etag }
          return
        }
        request.response = { statusCode: 304, headers: { etag }, body: '' }
      },
    },
  ]
}

/** Compared weakly: whoever passes an answer on may compress it, and says so by `W/`. */
const isKnown = (given: string | undefined, etag: string): boolean =>
  given?.trim() === '*' ||
  (given ?? '')
    .slice(0, 10_000)
    .split(',')
    .some(one => one.trim().replace(/^W\//, '') === etag)
