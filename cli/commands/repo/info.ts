import { action, type Program } from '../../command.ts'
import type { RepositoryOptions } from '../../repo/open.ts'
import { newRepoCommand, withAsOf } from './new-repo-command.ts'

/** `xenkeep repo info`. JSON: {repository, id, created, readOnlyBecause, points, vms, objects: {kind: {count, bytes}}, bytes, verification}. */
export const infoCommand = (program: Program) =>
  withAsOf(
    newRepoCommand('info', 'show what a repository is and how much it holds, from its listing', [
      'xenkeep repo info --repository file:/srv/backups',
    ]),
  ).action(
    action(program, async (session, options: RepositoryOptions) => {
      const { info } = await import('../../repo/info.ts')
      return info(session, options)
    }),
  )
