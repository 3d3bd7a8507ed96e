import type { Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'
import { ulid } from './arguments.ts'

/** Points of one name that are looked through for more than one machine. */
const LOOKED_THROUGH = 200

/**
 * @returns the id of a recovery point that is named by its id, or as the newest of a VM
 * @throws `USAGE` where there is none, or several machines have the name
 */
export const resolvePoint = async ({ client, host }: Session, point: string): Promise<string> => {
  const vm = point.match(/^latest:(.+)$/s)?.[1]
  if (vm === undefined) return ulid(point, 'recovery point', 'xenkeep points')
  const found = await listAll(client, 'listPoints', { vm }, LOOKED_THROUGH)
  const [newest] = found
  if (!newest)
    throw new UsageError(
      `There is no recovery point of ${quoted(vm)}.`,
      '"xenkeep points" lists what can be restored; names have to match exactly.',
    )
  const machines = [...Map.groupBy(found, ({ vmUuid }) => vmUuid)]
  if (machines.length > 1) {
    const each = machines.map(([uuid, [last]]) => `${uuid} (last ${host.time(last?.taken ?? 0)})`)
    throw new UsageError(
      `${machines.length} machines with recovery points are called ${quoted(vm)}: ${each.join(', ')}.`,
      'Name one by its UUID: latest:UUID. "xenkeep points --vm UUID" shows its points.',
    )
  }
  return newest.pointId
}
