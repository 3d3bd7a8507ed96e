import { lastCopied, listAudit as pageOfAudit, readChains } from '#core/audit/audit-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** What was done or refused, and by whom. */
export const listAudit =
  ({ catalog, auditCopy }: Pick<Ports, 'catalog' | 'auditCopy'>) =>
  async ({ query }: RouteCall<'listAudit'>): Promise<RouteReply<'listAudit'>> => {
    const { limit = 100, after, order = 'newest', chain = auditCopy.chain, ...filter } = query
    const descending = order === 'newest'
    const page = await pageOfAudit(catalog, chain, filter, { limit, after, descending })
    const copied = await lastCopied(catalog, chain)
    return { chain, chains: await readChains(catalog), ...(copied && { copied }), ...page }
  }

export const handler = httpHandler('listAudit', listAudit)
