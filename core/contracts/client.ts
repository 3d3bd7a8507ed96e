import type { z } from 'zod'
import { RelayedError } from '../errors/base.ts'
import { ControlPlaneUnreachableError, UnintelligibleAnswerError } from '../errors/wire.ts'
import { errorOfEdge } from './edge-answer.ts'
import { IDEMPOTENCY_KEY_HEADER } from './idempotency.ts'
import { Problem } from './problem.ts'
import { readReply } from './read-reply.ts'
import { type RouteName, routes } from './routes.ts'

type Route<N extends RouteName> = (typeof routes)[N]
type Braced<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Braced<Rest>
  : never
type Params<N extends RouteName> = { [K in Braced<Route<N>['path']>]: string }

/** What one call carries beside its path parameters. */
export interface CallInput<N extends RouteName> {
  params?: Params<N>
  query?: z.input<Route<N>['query']>
  body?: z.input<Route<N>['body']>
  /** The same for each repetition of this call, so that it is done once. */
  idempotencyKey?: string
  signal?: AbortSignal
  /** It is sent also where the page that asks goes away meanwhile. */
  keepalive?: boolean
}

export interface Client {
  /**
   * Calls one route of the API and checks the answer against its schema; what a later control plane adds to it is passed over.
   * @throws the coded error that the control plane answered (`RelayedError`), `CONTROL_PLANE_UNREACHABLE`,
   *   `UNINTELLIGIBLE_ANSWER`
   */
  call<N extends RouteName>(name: N, input?: CallInput<N>): Promise<z.output<Route<N>['reply']>>
}

/**
 * @param baseUrl of the API, e.g. `http://127.0.0.1:8720`
 * @param authorize makes the `Authorization` header of one call; the path is without host and query
 */
export const createClient = ({
  baseUrl,
  fetch,
  authorize,
}: {
  baseUrl: string
  fetch: typeof globalThis.fetch
  authorize: (method: string, path: string) => Promise<string | undefined> | string | undefined
}): Client => ({
  async call(name, { params, query, body, idempotencyKey, signal, keepalive } = {}) {
    const route = routes[name]
    const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) =>
      encodeURIComponent((params as Record<string, string> | undefined)?.[key] ?? ''),
    )
    const url = new URL(path, baseUrl)
    for (const [key, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(key, String(value))
    const authorization = await authorize(route.method, path)

    const answer = await fetch(url, {
      method: route.method,
      headers: {
        ...(authorization ? { authorization } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { [IDEMPOTENCY_KEY_HEADER]: idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
      ...(keepalive ? { keepalive } : {}),
    }).catch(cause => {
      signal?.throwIfAborted()
      throw new ControlPlaneUnreachableError(baseUrl, cause)
    })
    const text = await answer.text().catch(cause => {
      throw new ControlPlaneUnreachableError(baseUrl, cause)
    })

    const json = parsed(text)
    if (answer.ok) {
      const reply = readReply(route.reply, json)
      if (reply.success) return reply.data as never
    } else {
      // problem+json (RFC 9457) carries our four members beside `status`, `title` and `type`.
      const { code, message, advice, retryable } = (json ?? {}) as Record<string, unknown>
      const problem = Problem.safeParse({ code, message, advice, retryable })
      const retryAfterMs = retryAfterOf(answer.headers)
      if (problem.success) throw new RelayedError(problem.data, { retryAfterMs })
      const edge = isEdge(json) && errorOfEdge(answer.status, baseUrl, retryAfterMs)
      if (edge) throw edge
    }
    throw new UnintelligibleAnswerError(`${route.method} ${path}`, answer.status)
  },
})

/** In seconds (RFC 9110, 10.2.3); our control planes send no dates, and a date is worth nothing where clocks differ. @returns ms */
const retryAfterOf = (headers: Headers): number | undefined => {
  const seconds = headers.get('retry-after')
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1_000 : undefined
}

/** The one member that API Gateway's own answers have. */
const isEdge = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && Object.keys(json).join() === 'message'

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
