import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import { files } from './data-directory.ts'
import { NotRunningError } from './errors.ts'

/** Written by the control plane when it listens; the token is a person's. */
const Endpoint = z.object({ url: z.url(), token: z.string().min(1), pid: z.int().positive() })
export type Endpoint = z.infer<typeof Endpoint>

/** @returns undefined while no control plane has listened on this directory */
export const readEndpoint = async (dataDir: string): Promise<Endpoint | undefined> => {
  const text = await readFile(files(dataDir).endpoint, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return Endpoint.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/**
 * @returns a client for the control plane that runs on this data directory. It reads the address anew for each call, since a
 *   restarted control plane may have a new token.
 * @throws `NOT_RUNNING` at a call, besides the errors of the call itself
 */
export const localClient = (dataDir: string, fetch: typeof globalThis.fetch): Client => ({
  async call(name, input) {
    const endpoint = await readEndpoint(dataDir)
    if (!endpoint) throw new NotRunningError(dataDir)
    const { createClient } = await import('#core/contracts/client.ts')
    const client = createClient({
      baseUrl: endpoint.url,
      fetch,
      authorize: () => `Bearer ${endpoint.token}`,
    })
    return client.call(name, input).catch(error => {
      if (error?.code === 'CONTROL_PLANE_UNREACHABLE') throw new NotRunningError(dataDir, error)
      throw error
    })
  },
})

type ListRoute =
  | 'listVms'
  | 'listPools'
  | 'listRuns'
  | 'listPoints'
  | 'listPolicies'
  | 'listSites'
  | 'listSiteRestores'
  | 'listGateways'
  | 'listGuests'
  | 'listHolds'
  | 'listReplicas'
  | 'listBootChecks'
  | 'listTokens'
  | 'listAudit'
  | 'listChannels'
  | 'listNotifications'
type Item<N extends ListRoute> = Awaited<ReturnType<typeof page<N>>>['items'][number]

const page = <N extends ListRoute>(client: Client, name: N, query: Record<string, unknown>) =>
  client.call(name, { query } as never)

/**
 * Follows the pages of a list to its end.
 * @param most stop after this many items
 */
export const listAll = async <N extends ListRoute>(
  client: Client,
  name: N,
  query: Record<string, unknown> = {},
  most = Number.POSITIVE_INFINITY,
): Promise<Item<N>[]> => {
  const items: Item<N>[] = []
  for (let after: string | undefined; ; ) {
    const limit = Math.min(1_000, most - items.length)
    const reply = await page(client, name, { ...query, limit, ...(after ? { after } : {}) })
    items.push(...(reply.items as Item<N>[]))
    after = reply.next
    if (!after || items.length >= most) return items
  }
}
