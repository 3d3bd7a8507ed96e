import type { GatewayView } from '#core/contracts/runs-api.ts'
import type { Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

/** By id, also one that is revoked and listed no more, or by exact name. @throws `USAGE` */
export const findGateway = async (
  { client }: Session,
  wanted: string,
): Promise<Pick<GatewayView, 'gatewayId' | 'name'>> => {
  const gateways = await listAll(client, 'listGateways')
  const id = wanted.toUpperCase()
  const found = gateways.find(({ gatewayId, name }) => gatewayId === id || name === wanted)
  if (found) return found
  if (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(id)) return { gatewayId: id, name: id }
  throw new UsageError(`There is no gateway ${quoted(wanted)}.`, '"xenkeep gateways" lists them.')
}
