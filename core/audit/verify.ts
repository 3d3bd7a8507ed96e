import type { AuditRecord } from '../contracts/audit-api.ts'
import { EMPTY, type Finding, type Head, misfit } from './chain.ts'

/** What a verification of one chain has found out. */
export interface Verification {
  chain: string
  /** Records of the chain, as the control plane shows them. */
  records: number
  /** Of those, how many the locked copy has too, unchanged; left out where no copy was read. */
  copied?: number
  findings: Finding[]
}

/** Findings after which the rest is not told one by one. */
const MOST = 20

/**
 * Computes a chain anew, and compares it with its copy. The chain alone shows what was changed, dropped or moved by somebody who did not compute all
 * later hashes anew; only the copy shows that too, and records cut off at the end.
 * @param records from the first one on, in their order
 * @param copy the same, as the copy has them; without it nothing is compared
 */
export const verifyChain = async (
  chain: string,
  records: AsyncIterable<AuditRecord>,
  copy?: AsyncIterable<AuditRecord>,
): Promise<Verification> => {
  const findings: Finding[] = []
  const found = (finding: Finding | undefined) => {
    if (finding && findings.length < MOST) findings.push(finding)
  }
  const copies = copy && (await readCopies(copy, found))
  let head: Head = EMPTY
  let count = 0
  let copied = 0
  for await (const record of records) {
    count++
    found(await misfit(head, record))
    head = { seq: record.seq, hash: record.hash }
    const other = copies?.get(record.seq)
    if (other === undefined) continue
    copies?.delete(record.seq)
    if (other === record.hash) copied++
    else
      found({
        kind: 'differs-from-copy',
        seq: record.seq,
        text: `Record ${record.seq} is another one in the copy.`,
      })
  }
  for (const seq of copies?.keys() ?? [])
    found(
      seq > head.seq
        ? {
            kind: 'cut-off',
            seq,
            text: `Record ${seq} is in the copy, and was cut off the end of the chain.`,
          }
        : {
            kind: 'missing',
            seq,
            text: `Record ${seq} is in the copy, and missing in the chain.`,
          },
    )
  return { chain, records: count, ...(copies && { copied }), findings }
}

/** Hashes by number. The copy is a chain as well: what is wrong with it is told. */
const readCopies = async (
  copy: AsyncIterable<AuditRecord>,
  found: (finding: Finding | undefined) => void,
): Promise<Map<number, string>> => {
  const hashes = new Map<number, string>()
  let head: Head = EMPTY
  for await (const record of copy) {
    const finding = await misfit(head, record)
    if (finding) found({ ...finding, kind: 'copy-damaged', text: `In the copy: ${finding.text}` })
    head = { seq: record.seq, hash: record.hash }
    hashes.set(record.seq, record.hash)
  }
  return hashes
}
