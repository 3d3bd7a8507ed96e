import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where everything of one installation is kept; the default is shown by `xenkeep --help`. */
export const dataDirectory = (option: string | undefined, env: NodeJS.ProcessEnv): string =>
  resolve(option ?? (env.XENKEEP_DATA || join(homedir(), '.local', 'share', 'xenkeep')))

/** The files below it that the command line reads or writes. Everything is for the owner alone (0700, 0600). */
export const files = (dataDir: string) => ({
  settings: join(dataDir, 'settings.json'),
  endpoint: join(dataDir, 'control', 'endpoint.json'),
  /** Of the console; only a hash of it. */
  password: join(dataDir, 'control', 'password.json'),
  passphrase: join(dataDir, 'gateway', 'passphrase'),
  repository: join(dataDir, 'repository'),
  /** Copies of what was recorded of people's calls. */
  auditCopy: join(dataDir, 'audit'),
  lock: join(dataDir, 'up.lock'),
  agentLock: join(dataDir, 'gateway', 'agent.lock'),
  logs: join(dataDir, 'logs'),
})
