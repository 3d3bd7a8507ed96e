import { type Client, createClient } from '#core/contracts/client.ts'
import type { TestApi } from './call-api.ts'

/**
 * A client of the handlers in this process, as an agent has one of the real thing.
 * @param authorize as of `createClient`
 */
export const clientOf = (
  api: TestApi,
  authorize: Parameters<typeof createClient>[0]['authorize'],
): Client =>
  createClient({
    baseUrl: 'http://control.test',
    authorize,
    fetch: async (url, init) => {
      const authorization = new Headers(init?.headers).get('authorization')
      const { status, headers, json } = await api.call(
        init?.method ?? 'GET',
        new URL(String(url)).pathname,
        {
          ...(authorization !== null && { authorization }),
          ...(typeof init?.body === 'string' && { rawBody: init.body }),
        },
      )
      return new Response(JSON.stringify(json), { status, headers })
    },
  })
