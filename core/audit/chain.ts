import type { AuditRecord } from '../contracts/audit-api.ts'
import { toHex } from '../ids.ts'

/** What the first record of a chain follows. */
export const BEFORE_FIRST = '0'.repeat(64)

/**
 * The hash of a record: SHA-256 over the JSON array of all its other members in this order, those left out as `null`. An array, since the
 * order of an object's members is no part of what JSON says.
 */
export const hashOf = async (record: Omit<AuditRecord, 'hash'>): Promise<string> => {
  const text = JSON.stringify([
    'xenkeep-audit-1',
    record.chain,
    record.seq,
    record.at,
    record.who,
    record.role ?? null,
    record.source,
    record.action,
    record.target ?? null,
    record.outcome,
    record.code ?? null,
    record.of ?? null,
    record.requestId ?? null,
    record.detail ?? null,
    record.previous,
  ])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return toHex(new Uint8Array(digest))
}

/** Number and hash of the last record of a chain. */
export interface Head {
  seq: number
  hash: string
}

export const EMPTY: Head = { seq: 0, hash: BEFORE_FIRST }

/** @returns the record with its hash, behind `head` */
export const link = async (
  head: Head,
  record: Omit<AuditRecord, 'seq' | 'previous' | 'hash'>,
): Promise<AuditRecord> => {
  const linked = { ...record, seq: head.seq + 1, previous: head.hash }
  return { ...linked, hash: await hashOf(linked) }
}

/** What is wrong with a chain, at which record. */
export interface Finding {
  kind: 'changed' | 'missing' | 'out-of-order' | 'cut-off' | 'differs-from-copy' | 'copy-damaged'
  /** Number of the record. */
  seq: number
  /** In a sentence. */
  text: string
}

/** @returns what is wrong with `record` as the one behind `head`; undefined where nothing is */
export const misfit = async (head: Head, record: AuditRecord): Promise<Finding | undefined> => {
  const { seq } = record
  const expected = head.seq + 1
  if (seq > expected)
    return {
      kind: 'missing',
      seq: expected,
      text:
        seq === expected + 1
          ? `Record ${expected} is missing.`
          : `Records ${expected} to ${seq - 1} are missing.`,
    }
  if (seq < expected)
    return {
      kind: 'out-of-order',
      seq,
      text: `Record ${seq} stands where record ${expected} should be.`,
    }
  if ((await hashOf(record)) !== record.hash)
    return {
      kind: 'changed',
      seq,
      text: `Record ${seq} is not what was written: its hash differs.`,
    }
  if (record.previous !== head.hash)
    return {
      kind: 'changed',
      seq: Math.max(1, head.seq),
      text: `Record ${seq} was written behind another record ${head.seq} than the one that is there.`,
    }
  return undefined
}
