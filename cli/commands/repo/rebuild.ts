import { action, type Program } from '../../command.ts'
import type { RepositoryOptions } from '../../repo/open.ts'
import { newRepoCommand } from './new-repo-command.ts'

/** `xenkeep repo rebuild`. JSON: {repository, packs, records, damaged: [names of packs]}. */
export const rebuildCommand = (program: Program) =>
  newRepoCommand('rebuild', 'make the index of a repository anew from its packs', [
    'xenkeep repo rebuild --repository file:/srv/backups',
  ]).action(
    action(program, async (session, options: RepositoryOptions) => {
      const { rebuild } = await import('../../repo/rebuild.ts')
      return rebuild(session, options)
    }),
  )
