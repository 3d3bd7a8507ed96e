import { isMeant } from '../access/who.ts'
import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { AuditRecord } from '../contracts/audit-api.ts'
import type { Catalog } from '../ports.ts'
import type { Head } from './chain.ts'

export interface AuditFilter {
  who?: string | undefined
  action?: string | undefined
  outcome?: AuditRecord['outcome'] | undefined
  /** ms since 1970 */
  from?: number | undefined
  to?: number | undefined
}

/** Records looked through for one page, so that a filter that matches little does not read a chain of years in one call. */
const LOOKED_THROUGH = 2_000

const matches =
  ({ who, action, outcome, from = 0, to = Number.POSITIVE_INFINITY }: AuditFilter) =>
  (record: AuditRecord): boolean =>
    (who === undefined || isMeant(record.who, who)) &&
    (action === undefined || record.action === action) &&
    (outcome === undefined || record.outcome === outcome) &&
    record.at >= from &&
    record.at <= to

/** @returns a page of what matches; `next` as long as there is more to look through */
export const listAudit = async (
  catalog: Pick<Catalog, 'query'>,
  chain: string,
  filter: AuditFilter,
  { limit, after, descending }: { limit: number; after?: string | undefined; descending: boolean },
): Promise<{ items: AuditRecord[]; next?: string }> => {
  const { pk } = keys.auditRecord(chain, 1)
  const fits = matches(filter)
  const items: AuditRecord[] = []
  let looked = 0
  let at = after
  while (looked < LOOKED_THROUGH) {
    const page = await catalog.query<AuditRecord>(pk, {
      descending,
      limit: Math.min(1_000, Math.max(limit, 100)),
      ...(at === undefined ? {} : { after: at }),
    })
    looked += page.items.length
    for (const [index, { sk, value }] of page.items.entries()) {
      if (fits(value)) items.push(value)
      const isLast = index === page.items.length - 1 && page.next === undefined
      if (items.length === limit) return isLast ? { items } : { items, next: sk }
    }
    if (page.next === undefined) return { items }
    at = page.next
  }
  return at === undefined ? { items } : { items, next: at }
}

/** The names of all chains, by name. */
export const readChains = async (catalog: Catalog): Promise<string[]> =>
  (await Array.fromAsync(queryAll(catalog, keys.auditHead('').pk))).map(({ sk }) => sk)

/** How far a chain was copied. */
export interface Copied extends Head {
  /** When, ms since 1970; left out by earlier versions. */
  at?: number
}

/** @returns the last record of a chain that was copied, and when */
export const lastCopied = async (
  catalog: Pick<Catalog, 'get'>,
  chain: string,
): Promise<{ seq: number; at?: number } | undefined> => {
  const item = await catalog.get<Copied>(keys.auditCopy(chain))
  if (!item) return undefined
  const { seq, at } = item.value
  return { seq, ...(at !== undefined && { at }) }
}
