/** How long points are kept and locked. */
export const keep = {
  rules: 'What is kept',
  hint: 'Of each VM. A point stays when any rule keeps it; an empty field is no rule.',
  forever: 'Keep everything for ever',
  last: 'The newest',
  hourly: 'Hourly',
  daily: 'Daily',
  weekly: 'Weekly',
  monthly: 'Monthly',
  yearly: 'Yearly',
  days: 'All that are younger than (days)',
  atLeast: 'Whatever the rules say, the newest',
  atLeastHint: 'The last point of a VM never expires.',
  zone: 'Calendar of',
  zoneOfSchedule: (zone: string) => `That of the schedule (${zone})`,
  more: 'Safety and calendar',
  lock: 'Lock',
  lockHint:
    'Nobody can delete a locked point here before its lock ends. A legal hold keeps single points or VMs longer; it is placed on the point or the VM.',
  locks: {
    none: { label: 'No lock', description: 'Points can be deleted by an administrator.' },
    governance: {
      label: 'Governance',
      description: 'Only who has a right of its own at the store can delete earlier.',
    },
    compliance: {
      label: 'Compliance',
      description: 'Nobody can delete earlier, nor anybody at AWS. It is paid for until it ends.',
    },
  },
  lockDays: 'Locked for (days)',
  calendar: 'What would be there later',
  ahead: 'Looked at',
  aheadChoices: { '12': 'in a year', '36': 'in 3 years', '120': 'in 10 years' },
  madeKept: (made: number, kept: number) =>
    `Of ${made.toLocaleString('en')} points made of each VM until then, ${kept.toLocaleString('en')} would be there.`,
  noSchedule: 'Without a schedule of its own nobody can tell when points are made.',
  shortened: 'Points would be kept shorter than now: an administrator has to save it',
  expires: (n: number) =>
    n === 1
      ? 'One point that is there expires at once under this retention and not under the present one.'
      : `${n.toLocaleString('en')} points that are there expire at once under this retention and not under the present one.`,
  expiresTitle: 'Points expire at once',
  none: 'No point that is there expires because of this change.',
} as const
