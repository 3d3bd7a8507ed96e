import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { GuestIdentity } from '../contracts/guests-api.ts'
import { EnrolmentCodeInvalidError } from '../errors/control.ts'
import { toHex } from '../ids.ts'
import type { Catalog, Random } from '../ports.ts'
import type { Gateway } from './gateway.ts'
import { sweepGuesses } from './guesses.ts'
import { claimOf, type GuestToEnrol, guardFree, guestBy } from './guest.ts'
import { freeName, nameKey } from './names.ts'

/** How long an enrolment code is good for, in ms. */
export const CODE_VALID_MS = 10 * 60_000

interface Code {
  validUntil: number
  /** Whoever enrols with it may work on the repository itself: the gateway of one machine. */
  maintenance?: true
  /** It is for the agent in a guest, and this is what the administrator said of that. */
  guest?: GuestToEnrol
  /** Set once it is used: the same gateway may repeat its call when the answer was lost. */
  used?: { publicKey: string; gatewayId: string }
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford: nothing that is mistaken for something else

/** @returns a code to show once; the catalog keeps only its SHA-256 */
export const createCode = async (
  catalog: Catalog,
  random: Random,
  now: number,
  { maintenance, guest }: Pick<Code, 'maintenance' | 'guest'> = {},
): Promise<{ code: string; validUntil: number }> => {
  // 20 characters of 5 bits: 100 bits, beyond guessing within ten minutes.
  const letters = Array.from(random.bytes(20), byte => ALPHABET[byte % 32])
  const code = [0, 5, 10, 15].map(start => letters.slice(start, start + 5).join('')).join('-')
  const validUntil = now + CODE_VALID_MS
  const value: Code = {
    validUntil,
    ...(maintenance && { maintenance }),
    ...(guest && { guest }),
  }
  await catalog.write([
    { kind: 'put', key: keys.code(await hashOf(code)), value, expect: 'absent' },
  ])
  await sweepGuesses(catalog, now)
  return { code, validUntil }
}

/** @returns until when (ms since 1970) a code may still be used; `undefined` where it is unknown or was used */
export const codeValidUntil = async (
  catalog: Catalog,
  code: string,
): Promise<number | undefined> => {
  const item = await catalog.get<Code>(keys.code(await hashOf(code)))
  return item?.value.used ? undefined : item?.value.validUntil
}

/**
 * Exchanges a code for a gateway id. Of two calls at once that bring the same code one wins: the code, the gateway and its name are written in one
 * piece. Where the name is taken the gateway gets a number behind it.
 * @param newId taken when the code is good
 * @throws `ENROLMENT_CODE_INVALID`, `ENROLMENT_CODE_UNFIT`, `GUEST_TAKEN`
 */
export const enrolGateway = (
  catalog: Catalog,
  {
    code,
    name,
    publicKey,
    guest,
  }: { code: string; name: string; publicKey: string; guest?: GuestIdentity | undefined },
  newId: string,
  now: number,
): Promise<string> =>
  retryOnConflict(async () => {
    const key = keys.code(await hashOf(code))
    const item = await catalog.get<Code>(key)
    if (item?.value.used?.publicKey === publicKey) return item.value.used.gatewayId
    if (!item || item.value.used || item.value.validUntil <= now)
      throw new EnrolmentCodeInvalidError()

    const enrolled = guestBy(item.value.guest, guest)
    if (enrolled) await guardFree(catalog, enrolled.guestUuid)
    const own = await freeName(catalog, item.value.guest?.name ?? name)
    const gateway: Gateway = {
      ...{ gatewayId: newId, name: own, publicKey, enrolled: now, pools: [] },
      ...(item.value.maintenance && { maintenance: true }),
      ...(enrolled && { guest: enrolled }),
    }
    const used: Code = { ...item.value, used: { publicKey, gatewayId: newId } }
    await catalog.write([
      { kind: 'put', key, value: used, expect: { version: item.version } },
      { kind: 'put', key: keys.gateway(newId), value: gateway, expect: 'absent' },
      { kind: 'put', key: await nameKey(own), value: { gatewayId: newId }, expect: 'absent' },
      ...(enrolled ? [claimOf(enrolled.guestUuid, newId)] : []),
    ])
    return newId
  })

const hashOf = async (code: string): Promise<string> =>
  toHex(
    new Uint8Array(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code.trim().toUpperCase())),
    ),
  )
