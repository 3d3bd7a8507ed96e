import { action, type Program } from '../../command.ts'
import type { RepositoryOptions } from '../../repo/open.ts'
import type { ServeOptions } from '../../serve/serve.ts'
import { withServeOptions } from '../serve.ts'
import { newRepoCommand, withAsOf } from './new-repo-command.ts'

/** `xenkeep repo serve POINT`: as `xenkeep serve`. */
export const repoServeCommand = (program: Program) =>
  withServeOptions(
    withAsOf(
      newRepoCommand('serve', 'offer the disks of a recovery point read-only over NBD', [
        'xenkeep repo serve latest:db-01 --repository file:/srv/backups',
        'xenkeep repo serve latest:db-01 --listen 127.0.0.1:10809 --repository s3://bucket/prefix',
      ]),
    ),
  ).action(
    action(program, async (session, point: string, options: ServeOptions & RepositoryOptions) => {
      const { serve } = await import('../../serve/serve.ts')
      const { withDisksOf } = await import('../../repo/open.ts')
      return serve(session, point, options, work => withDisksOf(session, options, work))
    }),
  )
