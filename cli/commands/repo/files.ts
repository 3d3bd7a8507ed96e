import { action, type Program } from '../../command.ts'
import type { FilesOptions } from '../../files/files.ts'
import type { RepositoryOptions } from '../../repo/open.ts'
import { withFilesOptions } from '../files.ts'
import { newRepoCommand, withAsOf } from './new-repo-command.ts'

/** `xenkeep repo files POINT [PATH]`: as `xenkeep files`. */
export const repoFilesCommand = (program: Program) =>
  withFilesOptions(
    withAsOf(
      newRepoCommand('files', 'list or extract single files of a recovery point', [
        'xenkeep repo files latest:db-01 --repository file:/srv/backups',
        'xenkeep repo files latest:db-01 /etc --volume 0p1 -o ./etc --repository s3://bucket/prefix',
      ]),
    ),
  ).action(
    action(
      program,
      async (
        session,
        point: string,
        path: string | undefined,
        options: FilesOptions & RepositoryOptions,
      ) => {
        const { files } = await import('../../files/files.ts')
        const { withDisksOf } = await import('../../repo/open.ts')
        return files(session, [point, path], options, work => withDisksOf(session, options, work))
      },
    ),
  )
