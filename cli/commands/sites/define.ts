import { SITE_TEXT, type SiteView } from '#core/contracts/sites-api.ts'
import { action, answer, newCommand, type Program } from '../../command.ts'
import { listAll } from '../../control-plane.ts'
import { UsageError } from '../../errors.ts'
import { ExitCode } from '../../exit-codes.ts'
import { quoted, safeText } from '../../output/safe-text.ts'
import { findSite, siteAmong } from '../../sites/find-site.ts'
import { readSiteFile } from '../../sites/site-file.ts'
import { sitePreviewLines } from '../../sites/site-lines.ts'
import { wholeNumber } from '../arguments.ts'

/** JSON: what the route answers. */
export const discoverSiteCommand = (program: Program) =>
  newCommand(
    'discover',
    'propose the definition of a XenDesktop site, with the reason for each line',
    ['xenkeep site discover > vienna.yaml   # read and correct it before you define it'],
  ).action(
    action(program, async session => {
      const proposal = await session.client.call('discoverSite')
      const { proposalAsYaml } = await import('#core/site/proposal-yaml.ts')
      answer(session, proposal, () => proposalAsYaml(proposal).trimEnd().split('\n'))
      return ExitCode.ok
    }),
  )

const NOT_KEPT = `note: The file is longer than ${SITE_TEXT.toLocaleString('en')} characters, so its comments are not kept; "site show --definition" writes the definition anew.`

interface DefineOptions {
  file: string
  site?: string
  version?: number
  dryRun?: true
}

/** JSON: a SiteView; with `--dry-run` what the preview answers. */
export const defineSiteCommand = (program: Program) =>
  newCommand('define', 'define a XenDesktop site by a file, or replace the definition it has', [
    'xenkeep site define -f vienna.yaml --dry-run   # what a backup would do; saves nothing',
    'xenkeep site define -f vienna.yaml             # the site of the name in the file, new or not',
    'xenkeep site define -f vienna.yaml --site "Old name"',
  ])
    .requiredOption(
      '-f, --file <file>',
      'the whole definition as YAML or JSON; "-": standard input',
    )
    .option('--site <site>', 'which one to replace, where the file gives it another name')
    .option(
      '--version <n>',
      'only if it is still this version (default: as it is now)',
      wholeNumber,
    )
    .option('--dry-run', 'only tell what a backup of it would do')
    .action(
      action(program, async (session, { file, site: wanted, version, dryRun }: DefineOptions) => {
        const { client, host } = session
        const { site, text: written } = await readSiteFile(file, host.stdin)
        const text = written.length <= SITE_TEXT ? { text: written } : {}
        const preview = await client.call('previewSite', { body: { site } })
        if (dryRun) {
          answer(session, preview, () => sitePreviewLines(preview))
          return ExitCode.ok
        }
        const found =
          wanted === undefined
            ? siteAmong(await listAll(client, 'listSites'), site.name)
            : await findSite(client, wanted)
        const view: SiteView = found
          ? await client.call('putSite', {
              params: { siteId: found.siteId },
              body: { version: version ?? found.version, site, ...text },
            })
          : await client.call('createSite', { body: { ...site, ...text } })
        answer(session, view, () => [
          `The site ${quoted(view.site.name)} is ${found ? 'changed' : 'defined'} (${view.siteId}, version ${view.version}).`,
          ...preview.problems.map(problem => `${problem.level}: ${safeText(problem.text)}`),
          ...(text.text === undefined ? [NOT_KEPT] : []),
          ...(found
            ? []
            : [
                `No policy protects it yet: "xenkeep policies create NAME --site ${quoted(view.site.name)} …" makes one.`,
              ]),
        ])
        return ExitCode.ok
      }),
    )

/** JSON: what the route answers. */
export const previewSiteCommand = (program: Program) =>
  newCommand('preview', 'what a backup of a XenDesktop site would do now; saves nothing', [
    'xenkeep site preview Vienna',
    'xenkeep site preview -f vienna.yaml',
  ])
    .argument('[site]', 'name or id')
    .option('-f, --file <file>', 'of a file instead; "-": standard input')
    .action(
      action(program, async (session, name: string | undefined, { file }: { file?: string }) => {
        const { client, host } = session
        if ((name === undefined) === (file === undefined))
          throw new UsageError('Name a site, or give a file with -f.')
        const site =
          file === undefined
            ? (await findSite(client, name ?? '')).site
            : (await readSiteFile(file, host.stdin)).site
        const reply = await client.call('previewSite', { body: { site } })
        answer(session, reply, () => sitePreviewLines(reply))
        return ExitCode.ok
      }),
    )

/** JSON: `{"siteId":…,"line":…}`. */
export const deleteSiteCommand = (program: Program) =>
  newCommand('delete', 'delete the definition of a XenDesktop site; its points stay', [
    'xenkeep site delete Vienna',
  ])
    .argument('<site>', 'name or id')
    .action(
      action(program, async (session, name: string) => {
        const { siteId, version } = await findSite(session.client, name)
        const reply = await session.client.call('deleteSite', {
          params: { siteId },
          query: { version },
        })
        answer(session, reply, () => [safeText(reply.line)])
        return ExitCode.ok
      }),
    )
