import { type RouteName, routes } from '#core/contracts/routes.ts'
import { findRoute } from '#functions/api/index.ts'
import { NOON, type TestApi } from './call-api.ts'
import { cliHost } from './cli-host.ts'

/** A call that was made. */
export interface Made {
  name: RouteName
  query: string[]
  body: unknown
}

/**
 * The command line before the real handlers, without HTTP between them.
 * @param as the token that it shows: `person` may do all, `operator`, `viewer`; any other is refused
 * @param leaveAfter calls of a run that is watched, after which Ctrl-C is pressed
 */
export const busyCli = async (api: TestApi, as = 'person', leaveAfter = 2) => {
  const cli = cliHost()
  await cli.running()
  const made: Made[] = []
  let now = NOON
  cli.host.now = () => now
  cli.host.fetch = (async (input: unknown, init: RequestInit = {}) => {
    const { pathname, search, searchParams } = new URL(String(input))
    const method = init.method ?? 'GET'
    const { name } = findRoute(method, pathname)
    const body = init.body === undefined ? undefined : JSON.parse(String(init.body))
    made.push({ name, query: [...searchParams.keys()], body })
    if (name === 'getRun' && made.filter(call => call.name === name).length === leaveAfter)
      cli.stop()
    // Nobody waits for a message that nobody sends.
    if (name === 'getNotification') now += 120_000
    const key = new Headers(init.headers).get('idempotency-key')
    const { status, json } = await api.call(method, pathname, {
      authorization: `Bearer ${as}`,
      query: search.slice(1),
      ...(body !== undefined && { body }),
      ...(key !== null && { idempotencyKey: key }),
    })
    return Response.json(json, { status })
  }) as typeof fetch
  return { ...cli, made }
}

/** Calls that people make. */
export const personRoutes = (Object.keys(routes) as RouteName[]).filter(
  name => routes[name].audience === 'person',
)
