import { action, type Program } from '../../command.ts'
import type { RemovePointOptions } from '../../repo/remove-point.ts'
import { newRepoCommand } from './new-repo-command.ts'

/** `xenkeep repo remove-point`. JSON: {repository, point, removed: true}. */
export const removePointCommand = (program: Program) =>
  newRepoCommand('remove-point', 'delete a recovery point for ever; refused while it is locked', [
    'xenkeep repo remove-point latest:web-01 --repository file:/srv/backups   # shows which one',
    'xenkeep repo remove-point ID --confirm ID --repository file:/srv/backups',
  ])
    .argument('<point>', 'id of a point, or latest:NAME')
    .option('--confirm <id>', 'id of the point: nothing is deleted without it')
    .action(
      action(program, async (session, point: string, options: RemovePointOptions) => {
        const { removePoint } = await import('../../repo/remove-point.ts')
        return removePoint(session, point, options)
      }),
    )
