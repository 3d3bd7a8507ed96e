import { action, type Program } from '../../command.ts'
import type { GcOptions } from '../../repo/gc.ts'
import { newRepoCommand } from './new-repo-command.ts'

/** `xenkeep repo gc`. JSON: {repository, dryRun, report: CollectReport}. */
export const gcCommand = (program: Program) =>
  newRepoCommand('gc', 'free what no recovery point needs: one run of the garbage collector', [
    'xenkeep repo gc --repository file:/srv/backups',
    'xenkeep repo gc --repository s3://bucket/prefix --dry-run',
    'xenkeep repo gc --repository s3://bucket/prefix --cache /var/cache/xenkeep   # once a day',
  ])
    .option(
      '--dry-run',
      'tell what a run would do and why; reads what it would read, changes nothing',
    )
    .option('--no-rewrite', 'leave packs alone of which only a part is needed')
    .option(
      '--cache <dir>',
      'keep the index here for the next run (default: a temporary directory)',
    )
    .action(
      action(program, async (session, options: GcOptions) => {
        const { gc } = await import('../../repo/gc.ts')
        return gc(session, options)
      }),
    )
