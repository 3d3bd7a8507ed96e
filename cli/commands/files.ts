import type { Command } from 'commander'
import { action, newCommand, type Program } from '../command.ts'
import type { FilesOptions } from '../files/files.ts'
import type { OwnRepositoryOptions } from '../own-repository.ts'
import { withOwnRepositoryOptions } from './own-repository-options.ts'

/**
 * `xenkeep files POINT [PATH]`. JSON: `volumes` {point, volumes, notes, fetched}; or one `entry` {path, type, size, modified, mode, uid, gid,
 * target} per line and at last `listed` {point, entries, notes, fetched}; or `extracted` {point, directory, files, directories, links, bytes,
 * notes, fetched}.
 */
export const filesCommand = (program: Program) =>
  withFilesOptions(
    withOwnRepositoryOptions(
      newCommand('files', 'list or extract single files of a recovery point', [
        'xenkeep files latest:db-01                         # its volumes',
        'xenkeep files latest:db-01 /etc --volume 0p1',
        'xenkeep files latest:db-01 /var/lib/data --volume vg0/root -o ./data',
      ]),
    ),
  ).action(
    action(
      program,
      async (
        session,
        point: string,
        path: string | undefined,
        options: FilesOptions & OwnRepositoryOptions,
      ) => {
        const { files } = await import('../files/files.ts')
        const { withOwnRepository } = await import('../own-repository.ts')
        return files(session, [point, path], options, work =>
          withOwnRepository(session, options, work, { busySoon: true }),
        )
      },
    ),
  )

/** Arguments and options, wherever the repository comes from. */
export const withFilesOptions = (command: Command): Command =>
  command
    .argument('<point>', 'id of a recovery point, or latest:NAME (exact name or UUID)')
    .argument('[path]', 'in the volume; without it, and without --volume, the volumes are listed')
    .option('--volume <name>', 'which one, where there are several')
    .option('-r, --recursive', 'list all below the directory')
    .option('-o, --output <dir>', 'extract into this directory, which is new or empty')
    .option('--disk <disk>', 'look at this disk only: its number, or its id')
