import type { Phase } from '#core/contracts/recipes.ts'

const many = (n: number, one: string): string =>
  `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`

/** Words of the list of guests, and of what several of their pages say. */
export const guests = {
  title: 'Guests',
  description:
    'Machines with the agent inside: it saves what only the machine itself can save well (databases, directories, trees of files), and does what its own settings allow and nothing else.',
  search: 'Search by name, machine or VM',
  name: 'Name',
  health: 'State',
  well: 'Well',
  look: 'Look at it',
  recipeProblem: (recipe: string, problem: string) => `${recipe}: ${problem}`,
  vm: 'Runs in the VM',
  vmNotTold: 'Not told at its enrolment',
  system: 'System',
  lastSeen: 'Last call',
  neverSeen: 'Never called',
  version: 'Version',
  versionNotTold: 'Not told',
  agent: (version: string | undefined) => `Agent: ${version ?? 'version not told'}`,
  recipes: 'Allowed recipes',
  noRecipes: 'None told',
  lastPoint: 'Last recovery point',
  noPoint: 'None yet',
  enrol: 'Enrol a guest',
  empty: 'No guest has an agent',
  emptyAdvice:
    'Virtual machines are backed up without one. Enrol one where a database, a directory or files are to be saved from within.',
  noLabel: 'its agent did not tell',
  labelUnknown: 'its label is not known now',
} as const

export const guestPage = {
  loading: 'Loading the guest …',
  failed: 'This guest could not be loaded',
  stale: 'What is shown may be old: the last look failed.',
  actions: 'Actions',
  facts: 'What it is',
  uuid: 'UUID',
  enrolled: 'Enrolled',
  key: 'Key made',
  newKeyAsked: 'Asked for a new one',
  rename: 'Rename',
  renamed: (name: string) => `The guest is called ${name} now.`,
  rotateKey: 'Have it make a new key',
  keyAsked: (name: string) =>
    `The agent in ${name} makes a new key when it calls next; its jobs go on. If somebody else may have its key, revoke it instead.`,
  machine: 'Machine',
  machineOf: (machine: string, osName: string) => `${machine}, ${osName}`,
  freeze: 'Holds still for snapshots',
  freezeNot: 'Its settings do not allow it',
  freezeRecipe: (recipe: string) => `the recipe ${recipe}`,
  factsAt: 'Told what its recipes found',
  factsNotYet: 'Not yet',
  components: 'Components',
  componentsHint:
    'What the settings of this guest allow to be saved or restored, each by its recipe. They are changed in settings.json on the guest alone.',
  noComponents: 'Its settings allow no recipe',
  noComponentsAdvice:
    'Name one under "guest", "recipes" in settings.json of the guest: the agent takes it up within a quarter of an hour.',
  notTold: 'It has not told yet what its recipes found',
  notToldAdvice: 'Its agent tells so when it starts, and every quarter of an hour.',
  component: 'Component',
  version: (version: number) => `version ${version}`,
  label: 'Label of the recipe',
  allows: 'Allowed',
  phases: {
    probe: 'probe',
    quiesce: 'bring to rest',
    capture: 'save',
    verify: 'verify',
    release: 'release',
    restore: 'restore',
    postcheck: 'check afterwards',
  } satisfies Record<Phase, string>,
  savesOnly: 'Saves; the settings do not allow to restore.',
  found: 'What it found',
  foundOf: (component: string) => `What ${component} found`,
  nothingFound: 'Nothing',
  rows: (n: number) => many(n, 'row'),
  actionsFor: (component: string) => `Actions for ${component}`,
  backUp: 'Back up now',
  restoreNewest: 'Restore the newest point',
  noPoint: 'It has no recovery point yet.',
  showDrill: 'Read the drill',
  tellDrill: 'Tell of a drill',
  noDrill: 'This recipe needs no drill: its makers test it on the real thing.',
  points: 'Recovery points',
  pointsOf: 'Component',
  noPoints: 'This component has no recovery point yet',
  noPointsAdvice: 'A site that takes the guest makes one with each run; "Back up now" makes one.',
  taken: 'Taken',
  holds: 'What it holds',
  size: 'Data',
  sizes: (read: string, stored: string) => `${read} read, ${stored} stored`,
  lock: 'Lock',
  restore: 'Restore',
  restoreOf: (when: string) => `Restore the point of ${when}`,
  moreHeld: (n: number) => `and ${n.toLocaleString('en')} more`,
} as const

export const backUpComponent = {
  title: (component: string, guest: string) => `Back up ${component} of ${guest} now`,
  what: 'The agent saves it by its recipe. The point is under no policy: it stays until somebody removes it, or as long as its lock says.',
  full: 'Read files that look unchanged, too',
  fullHint: 'Only recipes that save trees of files look at that.',
  days: 'Lock the point for days',
  daysHint: 'Empty: no lock. Governance mode, 1 to 36,500 days.',
  daysWrong: 'A whole number of days from 1 to 36,500.',
  start: 'Start the backup',
  done: 'The backup of the component was started.',
  watch: 'Watch the run',
} as const

export const drill = {
  title: (recipe: string) => `Drill of ${recipe}`,
  label: 'Label on this guest',
  last: 'Told last',
  lastOf: (version: number, by: string, note: string) => `of version ${version}, by ${by}: ${note}`,
  own: 'A recipe of your own: its file on the guest says how it is drilled.',
  needs: 'What the recipe needs',
  steps: 'The drill',
  tellTitle: (recipe: string, guest: string) => `The drill of ${recipe} held on ${guest}`,
  tellWhat:
    'Say it only when somebody went through the drill on this machine and saw that what came back is right. The label of the recipe on this guest says so from then on, for this version of the recipe.',
  note: 'What was done and seen',
  noteHint: '10 to 500 characters; kept with who told it and when.',
  tell: 'Tell it',
  told: (recipe: string, label: string) => `The recipe ${recipe} is ${label} on this guest.`,
} as const

export const revokeGuest = {
  action: 'Revoke',
  title: (name: string) => `Revoke ${name}`,
  what: 'Each further call of the agent in this guest is refused at once, and its jobs fail within the hour: no other agent can do them. Its recovery points stay. Only a new enrolment brings it back. It knows how to open the repository: change its passphrase, or the rights on the KMS key, if the machine fell into foreign hands.',
  done: (name: string, jobs: number) =>
    `The agent in ${name} is revoked. ${jobs === 0 ? 'It held no job.' : `${many(jobs, 'job')} ${jobs === 1 ? 'was' : 'were'} taken from it.`}`,
} as const

export const enrolGuest = {
  title: 'Enrol a guest',
  what: 'An agent enrols with a code that is good once and for ten minutes. XenKeep and Node 24 have to be in the machine by then.',
  vm: 'VM that it runs in',
  vmHint: 'With it the gateway of its pool lets the agent hold that VM still for snapshots.',
  noVm: 'Without a VM no gateway lets it hold one still.',
  name: 'Name',
  nameHint: 'What it is called here; what its own settings say unless told.',
  make: 'Make the code',
  once: 'This code is good for the agent in one guest, and is shown this once.',
  until: 'It works until',
  code: 'Code',
  copyCode: 'Copy the code',
  linux: 'Linux',
  windows: 'Windows',
  linuxWhat:
    'As root, in the folder of XenKeep in the guest. Put your values in place of those in angle brackets.',
  windowsWhat:
    'In a PowerShell of an administrator, in the folder of XenKeep in the guest. Put your values in place of those in angle brackets; have a tool of yours run the last line as a service. This was not run on Windows by the makers of XenKeep.',
  settings: 'Its settings, once',
  enrolment: 'The code, and the start',
  copy: (what: string) => `Copy: ${what}`,
  copied: 'Copied',
  notCopied: 'It could not be copied',
} as const

export const restoreComponent = {
  title: (component: string) => `Restore ${component}`,
  loading: 'Loading the recovery point …',
  failed: 'The recovery point could not be loaded',
  pointGone: 'There is no such recovery point of this guest.',
  pointGoneAdvice: 'Choose another one on the page of the guest.',
  point: 'Recovery point',
  taken: 'Taken',
  label: 'Label of the recipe',
  untried: 'This recipe was not run on the real thing by the makers of XenKeep',
  untriedAdvice: 'Restore into a folder first, or go through its drill (on the page of the guest).',
  onGuest: 'Restored on',
  holds: 'What it holds',
  where: 'Where it goes',
  target: 'How',
  targets: {
    folder: {
      label: 'Into a folder of the guest',
      description:
        'What was kept is laid down there as files; nothing else on the guest changes. The run names the folder.',
    },
    original: {
      label: 'Where it was, by the steps of the recipe',
      description:
        'Writes over what the guest keeps now. It takes the approval of an administrator; steps for a person stop it until they are done.',
    },
  },
  notAllowed: 'The settings of the guest do not allow this recipe to restore.',
  notKnown: 'A recipe of your own: its steps and parameters stand in its file.',
  restoresNothing: 'This recipe has no steps of its own: its content goes into a folder.',
  steps: 'What will be done',
  stepsHint:
    'Steps whose condition does not hold are left out. At a step for a person the run stops and says what to do.',
  byPerson: (does: string) => `A person: ${does}`,
  parameters: 'Parameters',
  parametersHint: 'Empty: as they were when the point was made, or as the guest has them.',
  rules: 'Rules set aside',
  rulesHint:
    'A rule stops a restore that would do harm. Set one aside only where it has stopped you and you know better; the reason is kept.',
  setAside: (rule: string) => `Set "${rule}" aside`,
  because: (rule: string) => `Why "${rule}" is set aside`,
  start: 'Start the restore',
  missing: 'A rule that is set aside takes a reason.',
  started: 'The restore was started.',
  waits: 'It waits for approval where your role alone does not suffice.',
} as const
