import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { NotificationEvent } from '../contracts/notifications.ts'
import { readGateways, toldName } from '../gateways/gateway.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import { announcement } from './announce.ts'

/** That it was told that a gateway is silent. */
interface Silence {
  since: number
  /** Since when it calls again. */
  back?: number
}

/**
 * What has to be told of gateways that fell silent or came back, one write each: the note that it was told lies beside it, so that each silence and each return is
 * told once. One that calls again is back when it has called for as long as makes it silent: what comes and goes is told as silent, once, and not as each.
 * @param upSince since when gateways could call (ms since 1970): before that, silence says nothing
 */
export const gatewayWrites = async (
  catalog: Catalog,
  {
    silentMs,
    now,
    upSince = 0,
    nextId,
  }: { silentMs: number; now: number; upSince?: number | undefined; nextId: () => string },
): Promise<CatalogWrite[][]> => {
  const told = new Map(
    (await Array.fromAsync(queryAll<Silence>(catalog, keys.silentGateway('').pk))).map(item => [
      item.sk,
      item,
    ]),
  )
  const writes: CatalogWrite[][] = []
  for (const gateway of await readGateways(catalog)) {
    const { gatewayId, lastSeen, enrolled, pools } = gateway
    const name = toldName(gateway)
    const known = told.get(gatewayId)
    told.delete(gatewayId)
    const heard = lastSeen ?? enrolled
    const isSilent = now - Math.max(heard, upSince) > silentMs
    const key = keys.silentGateway(gatewayId)
    const base = { eventId: nextId(), at: now, gatewayId, name }
    if (isSilent && !known) {
      const event: NotificationEvent = {
        ...{ ...base, kind: 'gateway-silent' },
        ...(lastSeen === undefined ? {} : { lastSeen }),
        pools: pools.map(pool => pool.name),
      }
      const value: Silence = { since: heard }
      writes.push([{ kind: 'put', key, value, expect: 'absent' }, ...announcement(event)])
    }
    // Heard of since: after a restart of the control plane it has yet to call.
    if (!known || heard <= known.value.since) continue
    const { since, back } = known.value
    const expect = { version: known.version }
    const isCalling = now - heard <= silentMs
    if (isCalling && back !== undefined && heard - back >= silentMs) {
      const event: NotificationEvent = {
        ...{ ...base, kind: 'gateway-back' },
        silentSince: since,
        backSince: back,
      }
      writes.push([{ kind: 'delete', key, expect }, ...announcement(event)])
    } else if (isCalling !== (back !== undefined)) {
      const value: Silence = isCalling ? { since, back: heard } : { since }
      writes.push([{ kind: 'put', key, value, expect }])
    }
  }
  // Nobody waits for those that were revoked.
  for (const { sk, version } of told.values())
    writes.push([{ kind: 'delete', key: keys.silentGateway(sk), expect: { version } }])
  return writes
}
