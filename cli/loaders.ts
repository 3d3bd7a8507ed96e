import type { Command } from 'commander'
import type { Program } from './command.ts'

/** @param root what it becomes a part of */
export type MakeCommand = (program: Program, root: Command) => Command

/**
 * The commands by name, in the order of `xenkeep --help`. Each is loaded where it is called: all together take 300 modules and 0.15 s of CPU, most of it
 * schemas of the API.
 */
const loaders: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  up: async () => (await import('./commands/up.ts')).upCommand,
  console: async () => (await import('./commands/console.ts')).consoleCommand,
  login: async () => (await import('./commands/login.ts')).loginCommand,
  logout: async () => (await import('./commands/login.ts')).logoutCommand,
  whoami: async () => (await import('./commands/whoami.ts')).whoamiCommand,
  overview: async () => (await import('./commands/overview.ts')).overviewCommand,
  vms: async () => (await import('./commands/vms.ts')).vmsCommand,
  pools: async () => (await import('./commands/pools.ts')).poolsCommand,
  backup: async () => (await import('./commands/backup.ts')).backupCommand,
  policies: async () => (await import('./commands/policies/index.ts')).policiesCommand,
  site: async () => (await import('./commands/sites/index.ts')).siteCommand,
  runs: async () => (await import('./commands/runs.ts')).runsCommand,
  cancel: async () => (await import('./commands/cancel.ts')).cancelCommand,
  points: async () => (await import('./commands/points.ts')).pointsCommand,
  restore: async () => (await import('./commands/restore.ts')).restoreCommand,
  'boot-check': async () => (await import('./commands/boot-check.ts')).bootCheckCommand,
  'boot-checks': async () => (await import('./commands/boot-checks.ts')).bootChecksCommand,
  replicate: async () => (await import('./commands/replicate.ts')).replicateCommand,
  replicas: async () => (await import('./commands/replicas.ts')).replicasCommand,
  failover: async () => (await import('./commands/failover.ts')).failoverCommand,
  failback: async () => (await import('./commands/failover.ts')).failbackCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  files: async () => (await import('./commands/files.ts')).filesCommand,
  repository: async () => (await import('./commands/repository.ts')).repositoryCommand,
  statistics: async () => (await import('./commands/statistics.ts')).statisticsCommand,
  maintenance: async () => (await import('./commands/maintenance.ts')).maintenanceCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  tokens: async () => (await import('./commands/tokens.ts')).tokensCommand,
  audit: async () => (await import('./commands/audit.ts')).auditCommand,
  repo: async () => (await import('./commands/repo/index.ts')).repoCommand,
  tree: async () => (await import('./commands/tree/index.ts')).treeCommand,
  gateways: async () => (await import('./commands/gateways.ts')).gatewaysCommand,
  guests: async () => (await import('./commands/guests.ts')).guestsCommand,
  region: async () => (await import('./commands/region.ts')).regionCommand,
  cost: async () => (await import('./commands/cost.ts')).costCommand,
  channels: async () => (await import('./commands/channels.ts')).channelsCommand,
  notifications: async () => (await import('./commands/notifications.ts')).notificationsCommand,
  openapi: async () => (await import('./commands/openapi.ts')).openapiCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  completion: async () => (await import('./commands/completion.ts')).completionCommand,
}

/** The global option that takes a value: the word behind it is no command. */
const WITH_VALUE = '--data'

/** @returns the command that a line begins with; none where it begins with something else */
export const commandOf = async (args: readonly string[]): Promise<MakeCommand | undefined> => {
  const word = wordOf(args)
  return Object.hasOwn(loaders, word) ? loaders[word]?.() : undefined
}

/** In the order of `xenkeep --help`; the one that shells ask comes last. */
export const allCommands = (): Promise<readonly MakeCommand[]> =>
  Promise.all(
    [
      ...Object.values(loaders),
      async () => (await import('./commands/completion.ts')).askCommand,
    ].map(load => load()),
  )

/** The first word that is no global option. */
const wordOf = ([first = '', ...rest]: readonly string[]): string => {
  if (first === '--json' || first.startsWith(`${WITH_VALUE}=`)) return wordOf(rest)
  return first === WITH_VALUE ? wordOf(rest.slice(1)) : first
}
