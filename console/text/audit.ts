import type { AuditRecord } from '#core/contracts/audit-api.ts'

export const audit = {
  title: 'Audit',
  description:
    'Who did what or was refused, newest first. XenKeep changes and removes none of these records.',
  number: 'No.',
  when: 'When',
  who: 'Who',
  action: 'Did',
  outcome: 'Outcome',
  what: 'To what, and what was asked',
  sources: { person: 'person', token: 'API token', gateway: 'gateway', system: 'XenKeep itself' },
  outcomes: { asked: 'Asked for', done: 'Done', refused: 'Refused', failed: 'Failed' },
  outcomeText: ({ outcome, code }: Pick<AuditRecord, 'outcome' | 'code'>) =>
    `${audit.outcomes[outcome]}${code === undefined ? '' : `: ${code}`}`,
  of: (seq: number) => `Asked for in no. ${seq}`,
  filter: {
    who: 'Who',
    whoHint: 'Whole name, mail address or id',
    action: 'Action',
    anyAction: 'Any action',
    outcome: 'Outcome',
    anyOutcome: 'Any outcome',
    from: 'From',
    to: 'Until',
    day: 'YYYY-MM-DD',
    openCalendar: 'Choose a day',
  },
  empty: 'There is no record yet',
  emptyAdvice: 'The first change or refusal writes one.',
  proof: {
    title: 'Proof that nobody changed the records',
    written: 'Records',
    none: 'None',
    copied: 'Copied and locked up to',
    copiedUpTo: (seq: number) => `no. ${seq.toLocaleString('en')}`,
    notCopied: 'Nothing was copied yet',
    all: 'All',
    waiting: 'Not all',
    open: (count: number) =>
      count === 0
        ? 'All records have been copied to where nobody changes them.'
        : `The newest ${count.toLocaleString('en')} wait to be copied: until then, who rules the catalog could change them unnoticed.`,
    verified: 'Verified up to',
    byWhom:
      'A control plane cannot vouch for itself: "xenkeep audit verify" computes the chain anew, compares it with its copy, and says what that proves.',
  },
  download: {
    start: 'Export as JSON lines',
    stop: (count: number) => `Stop (${count.toLocaleString('en')} read)`,
    failed: 'The records could not be exported',
    done: (count: number) =>
      count === 1
        ? 'One record was exported.'
        : `${count.toLocaleString('en')} records were exported.`,
    none: 'No record matches: there is nothing to export.',
  },
} as const
