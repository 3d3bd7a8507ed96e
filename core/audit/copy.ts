import { keys } from '../catalog/keys.ts'
import { AuditRecord } from '../contracts/audit-api.ts'
import { XenkeepError } from '../errors/base.ts'
import { AuditChainBrokenError } from '../errors/people.ts'
import type { AuditCopy, Catalog, Clock, ObjectStore, RetainingStore } from '../ports.ts'
import { type Copied, readChains } from './audit-catalog.ts'
import { EMPTY, type Finding, type Head, misfit } from './chain.ts'

/** Records of one object: about 500 KB. */
const SEGMENT = 1_000

const DAY_MS = 86_400_000

/**
 * How long a record that is not there is waited for while later ones are, in ms. A global table brings the records of the other region in any order, within
 * seconds unless a region is in trouble; and a page read while others write may have missed one.
 */
const MAY_COME_MS = 3_600_000

/** `<chain>/000000000001.jsonl`: by its first record, so that of two who copy at once one gets through. */
const segmentKey = (chain: string, first: number): string =>
  `${chain}/${String(first).padStart(12, '0')}.jsonl`

interface CopyPorts {
  catalog: Catalog
  clock: Clock
  auditCopy: AuditCopy
}

/**
 * Copies what was recorded since the last time, and locks it: of all chains, so that what a region recorded last is copied by the one that takes
 * over. Copies even what does not fit, since it is evidence, and tells of it then; but before a gap in which a record may still come it ends, for the
 * next time.
 * @returns how many records were copied
 * @throws `AUDIT_CHAIN_BROKEN` when what was copied now does not follow what was copied before; errors of catalog and store
 */
export const copyAudit = async (ports: CopyPorts): Promise<number> => {
  let copied = 0
  for (const chain of await readChains(ports.catalog)) copied += await copyChain(ports, chain)
  return copied
}

const copyChain = async (
  { catalog, clock, auditCopy }: CopyPorts,
  chain: string,
): Promise<number> => {
  const { lock } = auditCopy
  const key = keys.auditCopy(chain)
  let item = await catalog.get<Copied>(key)
  let store: RetainingStore | undefined
  let copied = 0
  let broken: Finding | undefined
  for (;;) {
    const head = item?.value ?? EMPTY
    const { items } = await catalog.query<AuditRecord>(keys.auditRecord(chain, 1).pk, {
      limit: SEGMENT,
      after: keys.auditRecord(chain, head.seq).sk,
    })
    const found = items.map(({ value }) => value)
    const records = withoutGaps(head, found, clock.now())
    if (records.length === 0) break
    store ??= await auditCopy.open()
    const name = segmentKey(chain, records[0]?.seq ?? head.seq + 1)
    const stored = await putOnce(store, name, records)
    if (lock) await store.retain(name, clock.now() + lock.days * DAY_MS, lock.mode)
    copied += stored.length
    let last = head
    for (const record of stored) {
      broken ??= await misfit(last, record)
      last = { seq: record.seq, hash: record.hash }
    }
    const expect = item ? { version: item.version } : ('absent' as const)
    const value: Copied = { ...last, at: clock.now() }
    await catalog.write([{ kind: 'put', key, value, expect }])
    item = await catalog.get<Copied>(key)
  }
  if (broken) throw new AuditChainBrokenError(chain, broken.text)
  return copied
}

/** @returns those before the first gap in which a record may still come */
const withoutGaps = (
  { seq }: Head,
  records: readonly AuditRecord[],
  now: number,
): readonly AuditRecord[] => {
  const gap = records.findIndex((record, index) => {
    const before = records[index - 1]?.seq ?? seq
    return record.seq > before + 1 && record.at + MAY_COME_MS > now
  })
  return gap === -1 ? records : records.slice(0, gap)
}

/** @returns the records of the object: those given, or those that another copier has put there before */
const putOnce = async (
  store: ObjectStore,
  name: string,
  records: readonly AuditRecord[],
): Promise<readonly AuditRecord[]> => {
  const text = records.map(record => `${JSON.stringify(record)}\n`).join('')
  try {
    await store.put(name, [new TextEncoder().encode(text)])
    return records
  } catch (error) {
    if (!(error instanceof XenkeepError) || error.code !== 'OBJECT_EXISTS') throw error
    return Array.fromAsync(parse(await store.get(name)))
  }
}

function* parse(bytes: Uint8Array): Generator<AuditRecord> {
  for (const line of new TextDecoder().decode(bytes).split('\n'))
    if (line !== '') yield AuditRecord.parse(JSON.parse(line))
}
/** All records of the locked copy of a chain, in the order of the objects' names. */
export async function* readCopy(store: ObjectStore, chain: string): AsyncGenerator<AuditRecord> {
  for await (const { key } of store.list(`${chain}/`)) yield* parse(await store.get(key))
}

/** The names of the chains that a copy holds. */
export const chainsOfCopy = async (store: ObjectStore): Promise<string[]> => {
  const chains = new Set<string>()
  for await (const { key } of store.list('')) chains.add(key.split('/')[0] ?? '')
  return [...chains]
}
