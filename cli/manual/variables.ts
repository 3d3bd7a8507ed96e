/** Variables of the environment that the command line reads, and what each is for. A test compares with the sources. */
export const VARIABLES = {
  XENKEEP_DATA: 'the data directory, where --data names none',
  XENKEEP_URL: 'a XenKeep elsewhere is meant, at this address; --data counts more',
  XENKEEP_TOKEN:
    'the token for it; else XENKEEP_TOKEN_FILE, else who signed in with "xenkeep login"',
  XENKEEP_TOKEN_FILE: 'a file with the token, which nobody else can read',
  XENKEEP_PASSPHRASE: 'the passphrase of the repository; counts more than a file',
  XENKEEP_NEW_PASSPHRASE: 'the new passphrase; counts more than a file',
  XENKEEP_CONSOLE_PASSWORD: 'the password of the console of one machine',
  XDG_CONFIG_HOME: 'where sign-ins are kept (default: ~/.config)',
  HOME: 'the home directory, where XDG_CONFIG_HOME is not set',
  BROWSER: 'the program that opens the page (default: what the system opens pages with)',
  PATH: 'where programs are looked for',
  LANG: 'whether the bar of a progress is drawn with UTF-8; LC_ALL and LC_CTYPE go before',
  LC_ALL: 'as LANG',
  LC_CTYPE: 'as LANG',
} as const satisfies Record<string, string>

export type Variable = keyof typeof VARIABLES

/** Of every command that asks a control plane. */
export const CONTROL_PLANE_VARIABLES: readonly Variable[] = [
  'XENKEEP_DATA',
  'XENKEEP_URL',
  'XENKEEP_TOKEN',
  'XENKEEP_TOKEN_FILE',
]
