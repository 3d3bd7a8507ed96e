import type { Command } from 'commander'
import type { Method } from '#core/contracts/methods.ts'
import type { LockPolicy } from '#core/contracts/points.ts'
import type { PolicyInput } from '#core/contracts/policies.ts'
import { lockPolicy } from '../commands/arguments.ts'
import { methodName } from '../commands/methods.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'
import { parsePolicy, readOnePolicy } from './policy-file.ts'

export interface PolicyOptions {
  file?: string
  all?: true
  tag?: string[]
  pool?: string[]
  vmsNamed?: string[]
  site?: string
  exclude?: string[]
  cron?: string
  zone?: string
  keep?: Record<string, number>
  method?: Method
  lock?: LockPolicy
}

const collect = (value: string, before: string[] = []): string[] => [...before, value]

const RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly', 'days']

/** `30 22 * * *`; what the fields may hold knows the contract. @throws `USAGE` */
const cronFields = (text: string): string => {
  if (text.trim().split(/\s+/).length === 5) return text
  throw new UsageError(
    `${quoted(text)} is no schedule: it has five fields, minute, hour, day, month and weekday.`,
    'For instance --cron "30 22 * * *": each day at 22:30.',
  )
}

/** `daily=7,weekly=4,monthly=12`. @throws `USAGE` */
const keepRules = (text: string): Record<string, number> =>
  Object.fromEntries(
    text.split(',').map(part => {
      const [rule = '', count = ''] = part.split('=')
      if (!/^[1-9]\d*$/.test(count))
        throw new UsageError(
          `${quoted(part)} is no rule: a name, "=" and a whole number from 1.`,
          'For instance --keep daily=7,weekly=4,monthly=12.',
        )
      const name = rule.trim()
      if (!RULES.includes(name))
        throw new UsageError(
          `${quoted(name)} is no rule of a retention.`,
          `One of ${RULES.join(', ')}; for instance --keep daily=7,weekly=4,monthly=12.`,
        )
      return [name, Number(count)]
    }),
  )

/** The options of a command that takes a policy: a file, or the common case. */
export const withPolicyOptions = (command: Command): Command =>
  command
    .option('-f, --file <file>', 'the whole policy as YAML or JSON; "-": standard input')
    .option('--all', 'every VM but standbys')
    .option('--tag <tag>', 'VMs that bear the tag; may be repeated', collect)
    .option('--pool <pool>', 'only VMs of this pool (name or UUID); may be repeated', collect)
    .option('--vms-named <pattern>', 'VMs whose name fits, like "db-*"; may be repeated', collect)
    .option('--site <site>', 'all that a XenDesktop site protects (name or id), as one site point')
    .option('--exclude <pattern>', 'but not VMs whose name fits; may be repeated', collect)
    .option(
      '--cron <fields>',
      'when: minute hour day month weekday, like "30 22 * * *"',
      cronFields,
    )
    .option(
      '--zone <zone>',
      'time zone of the schedule, like Europe/Vienna (default: of this machine)',
    )
    .option(
      '--keep <rules>',
      'last, hourly, daily, weekly, monthly, yearly, days: daily=7,weekly=4',
      keepRules,
    )
    .option('--method <method>', 'normal, quiesced, memory or offline', methodName)
    .option('--lock <mode:days>', 'lock the points: governance:30, or compliance:30', lockPolicy)

/** @returns the policy that the options describe. @throws `USAGE` */
export const policyOf = async (
  options: PolicyOptions,
  name: string | undefined,
  stdin: AsyncIterable<unknown>,
): Promise<PolicyInput> => {
  const { file, ...rest } = options
  if (file !== undefined) {
    if (Object.keys(rest).length > 0)
      throw new UsageError('A file holds the whole policy; give it or the other options, not both.')
    const policy = await readOnePolicy(file, stdin)
    return name === undefined ? policy : { ...policy, name }
  }
  if (name === undefined) throw new UsageError('The policy has no name.')
  if (!options.keep)
    throw new UsageError(
      'How long are points kept?',
      'For instance --keep daily=7,weekly=4,monthly=12.',
    )
  const { all, tag, pool, vmsNamed, site, exclude, cron, method, lock } = options
  if (!all && !tag && !pool && !vmsNamed && site === undefined)
    throw new UsageError(
      'Which VMs?',
      'Give --all, --tag, --pool, --vms-named or --site, or the whole policy with -f.',
    )
  const zone = options.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  return parsePolicy({
    name,
    selection: {
      include: [
        {
          ...(all && !tag && !pool && !vmsNamed && { all: true }),
          ...(site !== undefined && { site }),
          ...(pool && { pools: pool }),
          ...(tag && { tags: tag }),
          ...(vmsNamed && { names: vmsNamed }),
        },
      ],
      ...(exclude && { exclude: [{ names: exclude }] }),
    },
    ...(cron !== undefined && { schedule: { cron, timeZone: zone } }),
    retention: options.keep,
    ...(method && { method }),
    ...(lock && { lock }),
  })
}
