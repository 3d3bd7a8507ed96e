import { expect } from 'vitest'
import type { Client } from '#core/contracts/client.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import type { TestApi } from './call-api.ts'

/** The gateway of a test API as it calls by the client of the product; each call has to be answered well. */
export const gatewayClient = (api: TestApi): Client =>
  ({
    call: async (
      name: RouteName,
      { params = {}, body }: { params?: Record<string, string>; body?: unknown } = {},
    ) => {
      const { method, path } = routes[name]
      const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => params[key] ?? '')
      const { status, json } = await api.asGateway(method, filled, body)
      expect(status, name).toBe(200)
      return json
    },
  }) as never
