import { Argument } from 'commander'
import type { Feature } from '#repository/index.ts'
import { action, type Program } from '../../command.ts'
import type { RepositoryOptions } from '../../repo/open.ts'
import { newRepoCommand } from './new-repo-command.ts'

/** In words of docs/repository-format.md, section 3. */
const CHOICES: readonly Feature[] = ['streams', 'gc', 'moved']

/** `xenkeep repo enable FEATURE`. JSON: {repository, feature, enabled: whether it was not before}. */
export const enableCommand = (program: Program) =>
  newRepoCommand(
    'enable',
    'open a repository for something that older versions do not understand',
    ['xenkeep repo enable streams --repository s3://bucket/prefix'],
  )
    .addArgument(
      new Argument(
        '<feature>',
        'streams: trees of files and components of sites; gc: garbage collection; moved: rewriting of packs of which little is needed',
      ).choices(CHOICES),
    )
    .action(
      action(program, async (session, feature: Feature, options: RepositoryOptions) => {
        const { enable } = await import('../../repo/enable.ts')
        return enable(session, feature, options)
      }),
    )
