import { isIP, type LookupFunction } from 'node:net'
import { DeliveryRefusedError } from '#core/errors/notifications.ts'
import { isPublicAddress, PRIVATE, publicLookup } from './public-address.ts'

/** Whom this program may call. */
export interface Reach {
  /**
   * Addresses of the own network and plain HTTP are allowed: on one machine, whose network is the administrator's own. In the cloud they are not, as
   * what answers there is not for people to read.
   */
  privateNetwork: boolean
}

/**
 * What a connection to `host` has to be opened with, so that it leads nowhere but where this program may call (docs/decisions/0226-what-the-cloud-may-call.md).
 * @throws `DELIVERY_REFUSED` for an address, written as a number, that lies in a private network
 */
export const withinReach = (
  host: string,
  { privateNetwork }: Reach,
): { lookup?: LookupFunction } => {
  if (privateNetwork) return {}
  // The name server is not asked for these, so that the look-up cannot refuse them.
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new DeliveryRefusedError(PRIVATE)
  return { lookup: publicLookup as LookupFunction }
}
