import { chainsOfCopy, readCopy } from '#core/audit/copy.ts'
import { type Verification, verifyChain } from '#core/audit/verify.ts'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import type { Client } from '#core/contracts/client.ts'
import type { ObjectStore } from '#core/ports.ts'

interface Filter {
  [member: string]: string | number | undefined
}

/** All records that match, page by page. */
export async function* auditRecords(client: Client, filter: Filter): AsyncGenerator<AuditRecord> {
  for (let after: string | undefined; ; ) {
    const query = { ...filter, limit: 1_000, ...(after === undefined ? {} : { after }) }
    const page = await client.call('listAudit', { query } as never)
    yield* page.items
    after = page.next
    if (after === undefined) return
  }
}

/** What a verification has found out, and what the control plane says of its copies: what was not copied yet can still be changed unnoticed. */
export type Verified = Verification & {
  /** Up to which record it was copied, and when (ms since 1970). */
  lastCopy?: { seq: number; at?: number }
  /** Records behind that, and when the first of them was written; left out where there are none. */
  waiting?: { records: number; since: number }
}

/**
 * Verifies every chain that the control plane or a copy knows: a chain that only a copy has was deleted.
 * @param addresses of copies, which are read straight from where they lie
 */
export const verifyAudit = async (
  client: Client,
  addresses: readonly string[],
): Promise<Verified[]> => {
  const { openObjectStore } = await import('#adapters/open-object-store.ts')
  const stores = await Promise.all(addresses.map(address => openObjectStore(address)))
  const copied = (await Promise.all(stores.map(chainsOfCopy))).flat()
  const { chains } = await client.call('listAudit', { query: { limit: 1 } })
  const verified: Verified[] = []
  for (const chain of [...new Set([...chains, ...copied])].sort()) {
    const { copied: lastCopy } = await client.call('listAudit', { query: { chain, limit: 1 } })
    const records = auditRecords(client, { chain, order: 'oldest' })
    const { counted, waiting } = countWaiting(records, lastCopy?.seq ?? 0)
    const copy = stores.length > 0 ? inOrder(stores, chain) : undefined
    verified.push({
      ...(await verifyChain(chain, counted, copy)),
      ...(lastCopy && { lastCopy: withoutUndefined(lastCopy) }),
      ...(waiting.records > 0 && { waiting }),
    })
  }
  return verified
}

/** Counts the records behind the last that was copied, while they are read. */
const countWaiting = (records: AsyncIterable<AuditRecord>, copied: number) => {
  const waiting = { records: 0, since: 0 }
  const counted = async function* () {
    for await (const record of records) {
      if (record.seq > copied && waiting.records++ === 0) waiting.since = record.at
      yield record
    }
  }
  return { counted: counted(), waiting }
}

const withoutUndefined = ({ seq, at }: { seq: number; at?: number | undefined }) => ({
  seq,
  ...(at !== undefined && { at }),
})

/** What several copies have of a chain, each record once: after a take-over the other region goes on copying. */
async function* inOrder(
  stores: readonly ObjectStore[],
  chain: string,
): AsyncGenerator<AuditRecord> {
  const records: AuditRecord[] = []
  for (const store of stores)
    for await (const record of readCopy(store, chain)) records.push(record)
  const known = new Set<string>()
  for (const record of stores.length > 1 ? records.sort((a, b) => a.seq - b.seq) : records) {
    const id = `${record.seq} ${record.hash}`
    if (!known.has(id)) yield record
    known.add(id)
  }
}
