import { Option } from 'commander'
import { AuditOutcome, type AuditRecord } from '#core/contracts/audit-api.ts'
import { verificationLines } from '../audit/verification-lines.ts'
import { auditRecords, verifyAudit } from '../audit/verify.ts'
import { action, answer, newCommand, type Program, type Session } from '../command.ts'
import { files } from '../data-directory.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { wholeNumber, withinLimit } from './arguments.ts'
import { pastTime } from './past-time.ts'

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
  outcome?: AuditRecord['outcome']
  refused?: true
  since?: string
  until?: string
  oldest?: true
  chain?: string
  limit: number
}

/** JSON: `{"records":[AuditRecord]}`. */
const listCommand = (program: Program) =>
  newCommand('list', 'list the records, newest first', [
    'xenkeep audit list',
    'xenkeep audit list --who ann --since 2026-11-01 --until 2026-12-01',
    'xenkeep audit list --refused --since 24h',
    'xenkeep audit list --action startRun --json',
  ])
    .option(
      '--who <name>',
      'only of this person, token or gateway: the name as the list shows it, its part before the id, or the id',
    )
    .option('--action <action>', 'only this action, such as startRun')
    .addOption(
      new Option(
        '--outcome <outcome>',
        'only what came to this; "asked" is written before the work begins',
      ).choices(AuditOutcome.options),
    )
    .option('--refused', 'only what was refused: --outcome refused')
    .option('--since <time>', 'only from then on: a day in UTC, an ISO time, or "24h" or "7d" ago')
    .option('--until <time>', 'only before then')
    .option('--oldest', 'the oldest first')
    .option('--chain <name>', 'records of another control plane with this catalog')
    .option('--limit <n>', 'at most this many', wholeNumber, 50)
    .action(
      action(program, async (session, options: ListOptions) => {
        const { limit } = options
        const filter = filterOf(options, session.host.now())
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

/** As the API takes it. @throws `USAGE` */
const filterOf = (options: ListOptions, now: number): Record<string, string | number> => {
  const { who, action: of, refused, outcome, since, until, oldest, chain } = options
  if (refused && outcome !== undefined && outcome !== 'refused')
    throw new UsageError(
      `--refused and --outcome ${outcome} do not go together.`,
      'Say one of them.',
    )
  return {
    ...(who !== undefined && { who }),
    ...(of !== undefined && { action: of }),
    ...(outcome !== undefined && { outcome }),
    ...(refused && { outcome: 'refused' }),
    ...(since !== undefined && { from: pastTime('--since', since, now) }),
    // The API counts the last millisecond in.
    ...(until !== undefined && { to: Math.max(0, pastTime('--until', until, now) - 1) }),
    ...(oldest && { order: 'oldest' }),
    ...(chain !== undefined && { chain }),
  }
}

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
