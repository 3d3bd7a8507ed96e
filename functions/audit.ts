import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditEntry, appendAudit } from '#core/audit/append.ts'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import type { Ports } from './ports.ts'

/**
 * Writes down what happened, for good: for what no call of a person says by itself (approvals, take-overs, revocations by code). Calls of
 * people that change something are recorded by the middleware.
 * @throws `CATALOG_UNAVAILABLE`
 */
export const recordAudit = (
  ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>,
  entry: AuditEntry,
): Promise<AuditRecord> => appendAudit(ports, entry, longest => sleep(Math.random() * longest))
