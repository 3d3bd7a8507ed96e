import type { AuditRecord } from '#core/contracts/audit-api.ts'
import { verificationLines } from '../audit/verification-lines.ts'
import { auditRecords, verifyAudit } from '../audit/verify.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { files } from '../data-directory.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { wholeNumber, withinLimit } from './arguments.ts'

/** `xenkeep audit …`: who did what, and proof that nobody changed the records. */
export const auditCommand = (program: Program) => {
  const audit = newCommand(
    'audit',
    'who did what or was refused, and proof that the records are whole',
    ['xenkeep audit list --refused', 'xenkeep audit verify'],
  )
  audit.addCommand(listCommand(program))
  audit.addCommand(verifyCommand(program))
  return audit
}

interface ListOptions {
  who?: string
  action?: string
  refused?: true
  since?: number
  limit: number
}

/** JSON: `{"records":[AuditRecord]}`. */
const listCommand = (program: Program) =>
  newCommand('list', 'list the records, newest first', [
    'xenkeep audit list',
    'xenkeep audit list --who ann --since 2026-11-01',
    'xenkeep audit list --action startRun --json',
  ])
    .option(
      '--who <name>',
      'only of this person, token or gateway: the name as the list shows it, its part before the id, or the id',
    )
    .option('--action <action>', 'only this action, such as startRun')
    .option('--refused', 'only what was refused')
    .option('--since <date>', 'only from this day on, such as 2026-11-01 (UTC)', dayOf)
    .option('--limit <n>', 'at most this many', wholeNumber, 50)
    .action(
      action(program, async (session, { who, action: of, refused, since, limit }: ListOptions) => {
        const filter = {
          ...(who !== undefined && { who }),
          ...(of !== undefined && { action: of }),
          ...(refused && { outcome: 'refused' }),
          ...(since !== undefined && { from: since }),
        }
        const found: AuditRecord[] = []
        for await (const record of auditRecords(session.client, filter)) {
          found.push(record)
          if (found.length > limit) break
        }
        const records = withinLimit(session, found, limit)
        answer(session, { records }, () =>
          records.length > 0 ? table(columns(session), records) : ['There is no such record.'],
        )
        return ExitCode.ok
      }),
    )

/** JSON: `{"chains":[{"chain":…,"records":…,"copied":…,"findings":[…],"lastCopy":…,"waiting":…}]}`. */
const verifyCommand = (program: Program) =>
  newCommand('verify', 'compute the chain of records anew and compare it with its locked copy', [
    'xenkeep audit verify',
    'xenkeep audit verify --copy s3://xenkeep-audit-111122223333-eu-central-1/audit',
  ])
    .option(
      '--copy <address>',
      'locked copy to compare with, read straight from there; may be given again (default: that of this data directory)',
      (address: string, before: string[]) => [...before, address],
      [] as string[],
    )
    .action(
      action(program, async (session, { copy }: { copy: string[] }) => {
        const own = session.remote ? [] : [`file:${files(session.dataDir).auditCopy}`]
        const chains = await verifyAudit(session.client, copy.length > 0 ? copy : own)
        answer(session, { chains }, () => chains.flatMap(verificationLines(session.host)))
        return chains.some(({ findings }) => findings.length > 0) ? ExitCode.damaged : ExitCode.ok
      }),
    )

const columns = ({ host: { time } }: Session): Column<AuditRecord>[] => [
  { title: 'NO', cell: record => String(record.seq), align: 'right' },
  { title: 'WHEN', cell: record => time(record.at) },
  { title: 'WHO', cell: record => safeText(record.who) },
  { title: 'ROLE', cell: record => record.role ?? record.source },
  { title: 'DID', cell: record => record.action },
  {
    title: 'OUTCOME',
    cell: ({ outcome, code, of }) =>
      `${outcome}${code === undefined ? '' : ` ${code}`}${of === undefined ? '' : ` (asked in ${of})`}`,
  },
  { title: 'TO', cell: record => safeText(record.target ?? '') },
  { title: 'WHAT', cell: record => safeText(record.detail ?? '') },
]

const dayOf = (text: string): number => {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(at)) throw new UsageError(`${quoted(text)} is no day, such as 2026-11-01.`)
  return at
}
