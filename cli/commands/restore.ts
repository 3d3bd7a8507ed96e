import { action, newCommand, type Program, type Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { startRun } from '../follow/start-run.ts'
import { quoted } from '../output/safe-text.ts'
import { ulid } from './arguments.ts'

interface Options {
  name?: string
  pool?: string
  sr?: string
  start?: true
  detach?: true
}

/** `xenkeep restore POINT`. JSON lines, see `startRun`. */
export const restoreCommand = (program: Program) =>
  newCommand('restore', 'restore a virtual machine from a recovery point, as a new VM', [
    'xenkeep restore latest:db-01',
    'xenkeep restore 01JD9W5R6D3S0Q6Z1B4W8TXY2K --name "db-01 (restored)" --start',
  ])
    .argument('<point>', 'id of a recovery point, or latest:VM (exact name or UUID)')
    .option('--name <name>', 'name of the new VM (default: made from the old one)')
    .option('--pool <uuid>', 'pool to restore into (default: where it was)')
    .option('--sr <uuid>', "storage repository for the disks (default: the pool's own default)")
    .option('--start', 'start the VM when its disks are written and proven')
    .option('--detach', 'start the run and return at once')
    .action(
      action(program, async (session, point: string, options: Options) => {
        const pointId = await resolvePoint(session, point)
        const { name, pool, sr, start = false } = options
        const request = {
          kind: 'restore' as const,
          pointId,
          start,
          ...(name ? { newName: name } : {}),
          ...(pool ? { poolUuid: pool } : {}),
          ...(sr ? { srUuid: sr } : {}),
        }
        return startRun(session, request, options)
      }),
    )

export const resolvePoint = async ({ client }: Session, point: string): Promise<string> => {
  const vm = point.match(/^latest:(.+)$/s)?.[1]
  if (vm === undefined) return ulid(point, 'recovery point', 'xenkeep points')
  const [newest] = await listAll(client, 'listPoints', { vm }, 1)
  if (!newest)
    throw new UsageError(
      `There is no recovery point of ${quoted(vm)}.`,
      '"xenkeep points" lists what can be restored; names have to match exactly.',
    )
  return newest.pointId
}
