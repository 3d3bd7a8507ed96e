/** Words of the frame around the pages, and of what all pages share. */
export const shell = {
  product: 'XenKeep',
  navigation: 'Pages',
  skip: 'Skip to the page',
  menu: 'Open the pages',
  closeMenu: 'Close the pages',
  account: (name: string) => `${name}: account and settings`,
  signOut: 'Sign out',
  roles: { viewer: 'viewer', operator: 'operator', administrator: 'administrator' },
  appearance: 'Appearance',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  times: 'Times',
  timeZones: { browser: (zone: string) => `As this browser: ${zone}`, utc: 'In UTC' },
  loadingPage: 'Loading the page …',
  pageMissing: 'There is no such page',
  pageMissingAdvice: 'Choose one from the menu.',
  retry: 'Try again',
  loadAgain: 'Load the page again',
  cancel: 'Cancel',
  close: 'Close',
  dismiss: 'Dismiss',
  pageBroke: 'This page broke',
  pageBrokeAdvice:
    'What you did elsewhere is safe. Load the page again; if it happens twice, report it.',
  code: (code: string) => `Code: ${code}`,
  typeName: (name: string) => `To confirm, type ${name}`,
  mayNot: (role: string) => `Your role may not do this: it takes the role ${role}.`,
} as const

export const signIn = {
  title: 'Sign in to XenKeep',
  asking: 'Loading who is signed in …',
  password: 'Password',
  passwordHint:
    'It was shown when XenKeep started for the first time; the demo shows it when it is done. Lost? On the machine that runs XenKeep, "xenkeep console password" makes a new one.',
  submit: 'Sign in',
  redirect: 'Sign in with your account',
  redirectHint: 'You are sent to the sign-in page of your organisation, and back.',
  again: 'Sign in again',
  againHint: 'Your session has ended. Nothing that you typed on this page is lost.',
  againElsewhere: 'Sign in in another tab, then come back here: this page goes on where it was.',
  openTab: 'Sign in in another tab',
  wrongTitle: 'That did not work',
} as const

export const listing = {
  loading: 'Loading …',
  failed: 'This list could not be loaded',
  noMatch: 'Nothing matches',
  noMatchAdvice: 'Change or clear the filters.',
  clearFilters: 'Clear the filters',
  noneHere: 'Nothing among these',
  noneHereAdvice: 'There is more to look through.',
  lookFurther: 'Look further',
  stale: 'These entries may be old: the last look failed.',
  next: 'Next page',
  previous: 'Previous page',
  page: (n: number) => `Page ${n}`,
  said: (page: number, here: number, total: number | undefined) =>
    [
      page > 1 && `Page ${page}`,
      here === 1 ? '1 entry' : `${here} entries`,
      total !== undefined && total > here && `of ${total.toLocaleString('en')}`,
    ]
      .filter(Boolean)
      .join(' '),
} as const

export const tokens = {
  use: (text: string) => `Use: "${text}"`,
  type: 'Type, then press Enter.',
  remove: (text: string) => `Remove ${text}`,
} as const

export const zones = { find: 'Find a time zone' } as const

export const vmSearch = {
  label: 'Virtual machine',
  hint: 'Choose one, or type the exact name or UUID of one that no pool has any more. Empty: the newest points of all.',
  use: (text: string) => `The virtual machine "${text}"`,
  finding: 'Looking for virtual machines …',
  notFound: 'They could not be looked for; a name or UUID can still be typed.',
} as const

export const choosingVm = {
  isNamed: (name: string) => `This is ${name}.`,
  none: 'No virtual machine is called so; a UUID is taken as it is',
  searching: 'Searching …',
} as const
