import type { SiteView } from '#core/contracts/sites-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { startRun } from '../../follow/start-run.ts'
import type { Host } from '../../host.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { type Column, table } from '../../output/table.ts'
import { findSite } from '../../sites/find-site.ts'
import { siteLines } from '../../sites/site-lines.ts'

/** JSON: `{"sites":[SiteView]}`. */
export const listSitesCommand = (program: Program) =>
  newCommand('list', 'list the XenDesktop sites and how they stand', [
    'xenkeep site list',
    'xenkeep site list --deleted',
  ])
    .option('--deleted', 'also those that were deleted')
    .action(
      action(program, async (session, { deleted }: { deleted?: true }) => {
        const query = deleted ? { deleted: 'true' } : {}
        const sites = await listAll(session.client, 'listSites', query)
        answer(session, { sites }, () =>
          sites.length > 0
            ? table(columns(session.host), sites)
            : ['There is no site yet. "xenkeep site define --help" shows how to make one.'],
        )
        return ExitCode.ok
      }),
    )

const columns = ({ time }: Pick<Host, 'time'>): Column<SiteView>[] => [
  { title: 'NAME', cell: ({ site }) => safeText(site.name) },
  { title: 'COMPONENTS', cell: ({ site }) => String(site.components.length) },
  {
    title: 'PROTECTED BY',
    cell: ({ policies }) => policies.map(({ name }) => safeText(name)).join(', ') || '-',
  },
  {
    title: 'NEWEST POINT',
    cell: ({ newest }) => (newest ? `${time(newest.taken)}, ${newest.state}` : '-'),
  },
  { title: 'ID', cell: ({ siteId }) => siteId },
]

/** JSON: a SiteView; with `--definition` the definition alone, as a file takes it. */
export const showSiteCommand = (program: Program) =>
  newCommand(
    'show',
    'show one XenDesktop site: what it is made of, who protects it, its newest point',
    [
      'xenkeep site show Vienna',
      'xenkeep site show Vienna --definition > vienna.yaml   # to be changed and given to "define"',
    ],
  )
    .argument('<site>', 'name or id')
    .option('--definition', 'as it was written, for "define" (JSON with --json)')
    .action(
      action(program, async (session, name: string, { definition }: { definition?: true }) => {
        const { siteId } = await findSite(session.client, name)
        const view = await session.client.call('getSite', { params: { siteId } })
        if (!definition) {
          answer(session, view, () => siteLines(view, session.host.time))
          return ExitCode.ok
        }
        const { siteAsWritten } = await import('#core/contracts/site-yaml.ts')
        answer(session, view.site, () => siteAsWritten(view.site, view.text).trimEnd().split('\n'))
        return ExitCode.ok
      }),
    )

interface BackupOptions {
  policy?: string
  withoutPolicy?: true
  detach?: true
}

/** JSON lines, see `startRun`. */
export const backupSiteCommand = (program: Program) =>
  newCommand('backup', 'back up a whole XenDesktop site now, as one site point', [
    'xenkeep site backup Vienna',
    'xenkeep site backup Vienna --policy "Sites, nightly"',
    'xenkeep site backup Vienna --without-policy --detach',
  ])
    .argument('<site>', 'name or id')
    .option('--policy <policy>', 'which of its policies; the only one unless told')
    .option('--without-policy', 'under no policy: its points stay until somebody deletes them')
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, name: string, options: BackupOptions) => {
        const view = await findSite(session.client, name)
        const detach = options.detach ? { detach: options.detach } : {}
        const policyId = policyFor(view, options)
        return policyId === undefined
          ? startRun(session, { kind: 'site', siteId: view.siteId }, detach)
          : startRun(session, { kind: 'policy', policyId }, detach)
      }),
    )

/** @returns nothing where it is to be under none @throws `USAGE` */
const policyFor = (
  { site, policies }: SiteView,
  { policy: wanted, withoutPolicy }: BackupOptions,
): string | undefined => {
  if (withoutPolicy && wanted !== undefined)
    throw new UsageError('Name a policy, or say --without-policy, and not both.')
  if (withoutPolicy) return undefined
  if (wanted !== undefined) {
    const found = policies.find(
      ({ name, policyId }) =>
        name.toLowerCase() === wanted.trim().toLowerCase() || policyId === wanted.toUpperCase(),
    )
    if (found) return found.policyId
    throw new UsageError(
      `No policy ${quoted(wanted)} protects the site ${quoted(site.name)}.`,
      '"xenkeep site show" names those that do.',
    )
  }
  const [only, ...more] = policies
  if (more.length > 0)
    throw new UsageError(
      `${policies.length} policies protect the site ${quoted(site.name)}: ${policies.map(({ name }) => quoted(name)).join(', ')}.`,
      'Say which with --policy: its points are kept as that policy says.',
    )
  return only?.policyId
}
