import type { z } from 'zod'
import { keys } from '../catalog/keys.ts'
import type {
  CreateEnrolmentCodeRequest,
  GuestIdentity,
  PutGuestFactsRequest,
} from '../contracts/guests-api.ts'
import { EnrolmentCodeUnfitError, GuestMismatchError, GuestTakenError } from '../errors/guests.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import { type EnrolledGuest, findGateway, type Gateway } from './gateway.ts'
import { keysTaken } from './key-change.ts'

/** What an administrator says of a guest before its agent enrols. */
export type GuestToEnrol = NonNullable<z.output<typeof CreateEnrolmentCodeRequest>['for']>['guest']

/** What the agent of a guest found with its recipes, and when it told (ms since 1970). */
export interface GuestFacts extends Omit<PutGuestFactsRequest, 'guest'> {
  at: number
}

/**
 * What is kept of a guest that enrols. Which VM it is the administrator says; what its hypervisor tells only catches a code that was taken to the wrong machine.
 * @param made what its code was made for
 * @throws `ENROLMENT_CODE_UNFIT`
 */
export const guestBy = (
  made: GuestToEnrol | undefined,
  told: GuestIdentity | undefined,
): EnrolledGuest | undefined => {
  if (made && !told) throw new EnrolmentCodeUnfitError('it was made for the agent in a guest')
  if (!made && told) throw new EnrolmentCodeUnfitError('it was made for a gateway')
  if (!made || !told) return undefined
  const { vmUuid: own, ...identity } = told
  if (made.vmUuid !== undefined && own !== undefined && made.vmUuid !== own)
    throw new EnrolmentCodeUnfitError(
      `it was made for the VM ${made.vmUuid}, and this machine is the VM ${own}`,
    )
  return { ...identity, ...(made.vmUuid !== undefined && { vmUuid: made.vmUuid }) }
}

/** @throws `GUEST_TAKEN` where an agent is enrolled for the guest */
export const guardFree = async (catalog: Catalog, guestUuid: string): Promise<void> => {
  const holder = await agentOf(catalog, guestUuid)
  if (holder) throw new GuestTakenError(guestUuid, holder.name)
}

/** Written with the agent's record: of two that enrol for one guest at once, one wins. */
export const claimOf = (guestUuid: string, gatewayId: string): CatalogWrite => ({
  ...{ kind: 'put', key: keys.guest(guestUuid), value: { gatewayId }, expect: 'absent' },
})

/** The agent that is enrolled for a guest. */
export const agentOf = async (
  catalog: Catalog,
  guestUuid: string,
): Promise<Gateway | undefined> => {
  const claim = await catalog.get<{ gatewayId: string }>(keys.guest(guestUuid))
  return claim && (await findGateway(catalog, claim.value.gatewayId))
}

/**
 * Whether a caller is what it was enrolled as: the settings of a machine may have been exchanged behind its key.
 * @param told the guest that it says it is
 * @throws `GUEST_MISMATCH`
 */
export const guardGuest = <G extends Pick<Gateway, 'name' | 'guest'>>(
  enrolled: G,
  told: string | undefined,
): G => {
  const { name, guest } = enrolled
  if (guest?.guestUuid !== told) throw new GuestMismatchError(name, guest?.guestUuid, told)
  return enrolled
}

export const readGuestFacts = async (
  catalog: Catalog,
  guestUuid: string,
): Promise<GuestFacts | undefined> =>
  (await catalog.get<GuestFacts>(keys.guestFacts(guestUuid)))?.value

/**
 * The keys that the agent in a VM signs with: what the gateway of its pool lets it in by.
 * @param now ms since 1970
 * @returns nothing for a gateway, and for a guest that nobody said of which VM it is
 */
export const keysOfGuest = (
  gateway: Gateway,
  now: number,
): { vmUuid: string; publicKeys: string[] } | undefined => {
  const vmUuid = gateway.guest?.vmUuid
  return vmUuid === undefined ? undefined : { vmUuid, publicKeys: keysTaken(gateway, 'other', now) }
}
