import { createHash } from 'node:crypto'
import type { MiddlewareObj } from '@middy/core'
import { z } from 'zod'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import type { HandledEvent, HttpAnswer } from './route-call.ts'

/**
 * The places in lists that callers get (`next`) and give back (`after`). Handlers see the sort key they page by; what crosses the wire is
 * that key with a checksum over it, the route, its path parameters and the filters, so that a cursor of another list, of other filters or of nobody is refused.
 * It guards against mistakes: who makes one up that passes can start a list that he may read anyway at another place.
 */
export const cursor = (name: RouteName): MiddlewareObj<HandledEvent, HttpAnswer>[] =>
  isPaged(routes[name].query) ? [sealing(name)] : []

/** Gateways page in the bodies of their calls, by keys that they know. */
const isPaged = (query: z.ZodType): boolean =>
  query instanceof z.ZodObject && 'after' in query.shape

const sealing = (name: RouteName): MiddlewareObj<HandledEvent, HttpAnswer> => ({
  before: ({ event }) => {
    const query = event.call?.query as { after?: string } | undefined
    if (query?.after !== undefined) query.after = opened(query.after, scopeOf(name, event))
  },
  after: ({ event, response }) => {
    if (!response?.body.includes('"next"')) return
    const reply = JSON.parse(response.body) as { next?: unknown }
    if (typeof reply.next !== 'string') return
    reply.next = sealed(reply.next, scopeOf(name, event))
    response.body = JSON.stringify(reply)
  },
})

const scopeOf = (name: RouteName, { call }: HandledEvent): string => {
  const inOrder = Object.entries((call?.query ?? {}) as Record<string, unknown>)
    .filter(([filter]) => filter !== 'after' && filter !== 'limit')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([name, call?.params ?? {}, inOrder])
}

/** 72 bits: 12 characters of base64url. */
const checksum = (key: string, scope: string): string =>
  createHash('sha256')
    .update(JSON.stringify([scope, key]))
    .digest('base64url')
    .slice(0, 12)

const sealed = (key: string, scope: string): string =>
  `${checksum(key, scope)}${Buffer.from(key).toString('base64url')}`

const opened = (text: string, scope: string): string => {
  const key = Buffer.from(text.slice(12), 'base64url').toString()
  // The text as a whole is compared: base64 has several spellings of the same bytes.
  if (key === '' || sealed(key, scope) !== text)
    throw new RequestInvalidError(
      'query.after: is no cursor of this list. Give the "next" of the page before, with the same filters.',
    )
  return key
}
