import { z } from 'zod'
import { GatewayKeyDays } from '#core/contracts/settings.ts'
import { AccountId, Days, Region } from './parts.ts'
import { ConsoleContext, NotificationsContext, PeopleContext } from './people.ts'
import { KeysContext, RepositoryContext } from './repository.ts'

/** Log groups take no other numbers (CloudWatch Logs, PutRetentionPolicy). */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const

const LogDays = z.literal(LOG_DAYS)

/**
 * The one file that configures a deployment: every member is told in docs/deploy.md, and infra/sample.context.json shows one. What is not known is refused by
 * name, since a switch that nobody reads would be a promise that nobody keeps.
 */
export const Context = z
  .strictObject({
    /** What every name of ours begins with; two installations in one account need two. */
    name: z
      .string()
      .regex(
        /^[a-z][a-z0-9-]{1,18}[a-z0-9]$/,
        'must be 3 to 20 lower-case letters, digits and hyphens, beginning with a letter',
      )
      .refine(
        name => !/^(aws|ssm)/.test(name),
        'must not begin with aws or ssm (Systems Manager takes no parameter of such a name)',
      )
      .default('xenkeep'),
    /** The account to deploy to; that of the credentials unless told. */
    account: AccountId.optional(),
    region: Region,
    /** Where a second control plane and the replica of the repository stand; without it there is no second region. */
    standbyRegion: Region.optional(),
    repository: RepositoryContext,
    keys: KeysContext.prefault({}),
    people: PeopleContext,
    /** `other-person`: each restore is approved by somebody else than asked for it; `none`: only those over a VM, by an administrator. */
    restoreApproval: z.enum(['none', 'other-person']).default('none'),
    /** How old the key of a gateway gets before it makes a new one by itself, in days. */
    gatewayKeyDays: GatewayKeyDays,
    console: ConsoleContext.prefault({}),
    notifications: NotificationsContext,
    api: z
      .strictObject({
        /** AWS WAF before console and API: some 8 USD a month, and 0.60 USD for a million calls. */
        firewall: z.boolean().default(false),
        /** Requests a second that the API takes, of everybody together. */
        requestsPerSecond: z.int().min(10).max(10_000).default(200),
      })
      .prefault({}),
    logs: z
      .strictObject({
        /** Of functions and state machines. */
        days: LogDays.default(90),
        /** Who called the API when. */
        accessDays: LogDays.default(365),
      })
      .prefault({}),
    /** How the copies of audit records are locked. */
    audit: z
      .strictObject({
        lock: z
          .strictObject({
            mode: z.enum(['governance', 'compliance']).default('governance'),
            days: Days.max(36_500).default(400),
          })
          .prefault({}),
      })
      .prefault({}),
    machines: z
      .strictObject({
        /** Runs of up to 10,000 VMs, a history for each; inline Maps hold some hundred. */
        distributedMap: z.boolean().default(true),
      })
      .prefault({}),
    alarms: z
      .strictObject({
        /** No alarms at all when false: for tries, never for a site that relies on its backups. */
        enabled: z.boolean().default(true),
        /** A backup older than this is an alarm: days since the last run that ended well. */
        quietDays: Days.max(7).default(2),
      })
      .prefault({}),
    monitoring: z
      .strictObject({
        /** One dashboard; 3 USD a month beyond the first three of an account. */
        dashboard: z.boolean().default(false),
      })
      .prefault({}),
  })
  .superRefine(({ account, region, standbyRegion, repository }, refused) => {
    const refuse = (path: string[], message: string) =>
      refused.addIssue({ code: 'custom', path, message })
    if (region === standbyRegion)
      refuse(['standbyRegion'], 'must be another region than "region", or be left out')
    if (repository.replica && standbyRegion === undefined)
      refuse(
        ['repository', 'replica'],
        'needs "standbyRegion": the replica of the repository stands there',
      )
    if (repository.replica && repository.replica.bucket === repository.bucket)
      refuse(
        ['repository', 'replica', 'bucket'],
        'must have another name than the bucket of the repository: names are worldwide',
      )
    if (repository.replica?.account !== undefined && repository.replica.account === account)
      refuse(
        ['repository', 'replica', 'account'],
        'must be another account than "account", or be left out (S3 hands over objects to others only)',
      )
    if (repository.replica?.account !== undefined && account === undefined)
      refuse(
        ['account'],
        'is missing: with a replica in a second account the first one has to be named too',
      )
  })
export type Context = z.infer<typeof Context>
