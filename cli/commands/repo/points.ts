import { action, type Program } from '../../command.ts'
import type { PointsOptions } from '../../repo/points.ts'
import { newRepoCommand, withAsOf } from './new-repo-command.ts'

/** `xenkeep repo points`. JSON: {points: [{point, kind, name, vmUuid, taken, created, base, disks, statistics, lock}], unreadable}. */
export const repoPointsCommand = (program: Program) =>
  withAsOf(
    newRepoCommand('points', 'list the recovery points of a repository, newest first', [
      'xenkeep repo points --repository file:/srv/backups',
      'xenkeep repo points --name db-01 --json --repository s3://bucket/prefix',
    ]),
  )
    .option('--name <name>', 'only those of this VM or image (exact name or UUID)')
    .option('--locks', 'ask the store until when each point is locked: a request for each pack')
    .action(
      action(program, async (session, options: PointsOptions) => {
        const { points } = await import('../../repo/points.ts')
        return points(session, options)
      }),
    )
