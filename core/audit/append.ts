import { isConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { AuditRecord } from '../contracts/audit-api.ts'
import type { AuditCopy, Catalog, Clock } from '../ports.ts'
import { EMPTY, type Head, link } from './chain.ts'

/** What happened; texts that are too long are cut. Nothing in it may be a secret. */
export type AuditEntry = Pick<AuditRecord, 'who' | 'source' | 'action' | 'outcome'> &
  Partial<Pick<AuditRecord, 'role' | 'target' | 'code' | 'of' | 'requestId' | 'detail'>>

export interface AuditPorts {
  catalog: Catalog
  clock: Clock
  auditCopy: Pick<AuditCopy, 'chain'>
}

/**
 * Writers that meet at the head of the chain: each round one of them gets through. People and their systems change something some times a
 * minute; a hundred at the same moment still pass.
 */
const ATTEMPTS = 100
/**
 * The longest pause before the second attempt, in ms, longer by as much before each further one; between none and that by chance, so that those who met part. Fifty who
 * write at once take up to 3 s so, and two thirds of the 1,000 units a second that one partition of DynamoDB takes; without growing, more than twice those.
 */
const PAUSE = 60
const LONGEST_PAUSE = 600

/**
 * Writes one record behind the last of the chain, in one transaction with its new head.
 * @param pause waits that many ms; chance is its own
 * @throws `CATALOG_UNAVAILABLE`; `CATALOG_CONFLICT` where a hundred attempts met others
 */
export const appendAudit = async (
  { catalog, clock, auditCopy: { chain } }: AuditPorts,
  entry: AuditEntry,
  pause: (longest: number) => Promise<void> = async () => {},
): Promise<AuditRecord> => {
  const given = Object.fromEntries(
    Object.entries(entry).map(([member, value]) => [member, cut(member, value)]),
  ) as AuditEntry
  const key = keys.auditHead(chain)
  for (let attempt = 1; ; attempt++) {
    const head = await catalog.get<Head>(key)
    const record = await link(head?.value ?? EMPTY, { ...given, chain, at: clock.now() })
    const value: Head = { seq: record.seq, hash: record.hash }
    const expect = head ? { version: head.version } : ('absent' as const)
    try {
      await catalog.write([
        { kind: 'put', key: keys.auditRecord(chain, record.seq), value: record, expect: 'absent' },
        { kind: 'put', key, value, expect },
      ])
      return record
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      await pause(Math.min(LONGEST_PAUSE, PAUSE * attempt))
    }
  }
}

const LIMITS: Record<string, number> = {
  who: 200,
  action: 60,
  target: 300,
  detail: 500,
  code: 80,
  requestId: 100,
}

const cut = (member: string, value: unknown): unknown => {
  const limit = LIMITS[member]
  if (typeof value !== 'string' || limit === undefined || value.length <= limit) return value
  return `${value.slice(0, limit - 1).toWellFormed()}…`
}
