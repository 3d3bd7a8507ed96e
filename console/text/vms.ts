const count = (n: number, of: string): string =>
  `${n.toLocaleString('en')} ${of}${n === 1 ? '' : 's'}`

/** Words of the list of virtual machines. */
export const vms = {
  title: 'Virtual machines',
  name: 'Name',
  unnamed: (uuid: string) => `(without a name) ${uuid}`,
  pool: 'Pool',
  powerState: 'State',
  size: 'Disks',
  policies: 'Policies',
  noPolicy: 'Not protected by a policy',
  standby: 'Standby of a replication',
  pooled: 'Pooled: not backed up, its content is discarded at logoff',
  lastPoint: 'Last recovery point',
  never: 'Never backed up',
  lock: 'Its lock',
  change: 'Change',
  unusual: 'Unusual change',
  suspicious: 'Possible ransomware',
  choose: (name: string) => `Choose ${name}`,
  search: 'Search by name or UUID',
  show: 'Show',
  sortBy: 'Sort by',
  anyPool: 'All pools',
  anyTag: 'All tags',
  tag: 'Tag',
  anyPolicy: 'All policies',
  policy: 'Policy',
  anyState: 'All states',
  withCount: (name: string, n: number) => `${name} (${n.toLocaleString('en')})`,
  shown: {
    all: 'All virtual machines',
    unprotected: 'Unprotected ones',
    unusual: 'With unusual change in the last 30 days',
  },
  sorted: { name: 'Name', newest: 'Newest backup first', oldest: 'Oldest backup first' },
  empty: 'No virtual machine is known',
  emptyAdvice: 'They appear as soon as a gateway has reached a pool.',
  protect: (n: number) => `Protect by a policy (${n.toLocaleString('en')})`,
  chosen: (n: number) => `Back up now (${n.toLocaleString('en')})`,
  chooseFirst: 'Choose virtual machines first.',
  tooMany: (most: number) =>
    `At most ${count(most, 'virtual machine')} at once: use a policy for more.`,
} as const

/** Words of "Back up now". */
export const backUp = {
  action: 'Back up now',
  title: (n: number, name: string) =>
    n === 1 ? `Back up ${name} now` : `Back up ${count(n, 'virtual machine')} now`,
  start: 'Start the backup',
  more: (n: number) => `and ${n.toLocaleString('en')} more`,
  method: 'Method',
  methods: {
    normal: {
      label: 'Normal',
      description:
        'A snapshot of the disks as they are: crash-consistent, nothing in the VM is touched.',
    },
    quiesced: {
      label: 'Quiesced',
      description: 'What runs in the guest writes its data and holds still for the snapshot.',
    },
    memory: {
      label: 'With memory',
      description: 'The memory is saved, too: the VM goes on where it was when it is restored.',
    },
    offline: {
      label: 'Offline',
      description: 'The VM is shut down for the snapshot and started again at once.',
    },
  },
  fallback: 'Where that is not possible',
  fallbacks: {
    fail: { label: 'Fail', description: 'No backup is better than a weaker one.' },
    crash: { label: 'Take a crash-consistent point', description: 'It is marked as such.' },
    'hard-shutdown': {
      label: 'Switch the VM off',
      description: 'As if its power were cut, where it does not shut down in time.',
    },
  },
  done: (n: number) => `The backup of ${count(n, 'virtual machine')} was started.`,
  watch: 'Watch the run',
} as const
