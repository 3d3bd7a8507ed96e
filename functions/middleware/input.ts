import type { MiddlewareObj } from '@middy/core'
import type { z } from 'zod'
import { IDEMPOTENCY_KEY_HEADER, IdempotencyKey } from '#core/contracts/idempotency.ts'
import { pathParameter } from '#core/contracts/path-parameter.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import type { HandledEvent, HttpAnswer, RouteCall } from './route-call.ts'

/**
 * Path parameters (ULIDs, but for ids that others made), query and body against the schemas of the route.
 * @throws `REQUEST_INVALID` naming the member
 */
export const input = (name: RouteName): MiddlewareObj<HandledEvent, HttpAnswer> => ({
  before: ({ event }) => {
    const route = routes[name]
    const params: Record<string, string> = {}
    for (const [, key] of route.path.matchAll(/\{(\w+)\}/g))
      if (key) params[key] = parse<string>(pathParameter(key), event.pathParameters?.[key], key)
    const query = parse<unknown>(route.query, queryOf(event.rawQueryString), 'query')
    // A call without a body is one with an empty object: routes that take something name what is missing.
    const body = parse<unknown>(route.body, event.json === undefined ? {} : event.json, 'body')
    const key = event.headers[IDEMPOTENCY_KEY_HEADER]
    const call = { ...event.call, params, query, body }
    event.call = (key === undefined
      ? call
      : {
          ...call,
          idempotencyKey: parse(IdempotencyKey, key, IDEMPOTENCY_KEY_HEADER),
        }) as unknown as RouteCall<RouteName>
  },
})

const queryOf = (raw: string): Record<string, string> => {
  const query = new Map<string, string>()
  for (const [key, value] of new URLSearchParams(raw)) {
    if (query.has(key)) throw new RequestInvalidError(`query.${key.slice(0, 100)} is given twice.`)
    query.set(key, value)
  }
  return Object.fromEntries(query)
}

const parse = <T>(schema: z.ZodType<T>, value: unknown, root: string): T => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new RequestInvalidError(
    result.error.issues
      .slice(0, 3)
      .map(issue => sentence(issue, root))
      .join(' '),
  )
}

/** `body.vms[0]: must be …` */
const sentence = (issue: z.core.$ZodIssue, root: string): string => {
  const at = issue.path.reduce<string>(
    (path, part) => (typeof part === 'number' ? `${path}[${part}]` : `${path}.${String(part)}`),
    root,
  )
  const text =
    issue.code === 'unrecognized_keys'
      ? `does not take ${issue.keys
          .slice(0, 5)
          .map(key => `"${key.slice(0, 100)}"`)
          .join(', ')}`
      : `${issue.message.slice(0, 300)}`
  return `${at}: ${text}.`
}
