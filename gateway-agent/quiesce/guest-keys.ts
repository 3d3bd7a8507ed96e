import { calculateJwkThumbprint, importJWK } from 'jose'
import type { z } from 'zod'
import type { KnownGuestsReply } from '#core/contracts/guests-api.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock } from '#core/ports.ts'
import type { Log } from '../log.ts'

/** A guest whose agent may call: which VM it speaks for, and the key that it signs with. */
export interface KnownGuest {
  /** UUID or exact name of the VM. */
  vm: string
  /** Ed25519, `x` member of the JWK (RFC 8037). */
  publicKey: string
}

type Key = Awaited<ReturnType<typeof importJWK>>
type Enrolled = z.output<typeof KnownGuestsReply>['guests']

/** The guests that may call. */
export interface GuestKeys {
  /** @param thumbprint of the key that signed (RFC 7638) */
  find(thumbprint: string): Promise<{ vm: string; key: Key } | undefined>
  /** The name under which the agent of a VM calls. */
  nameOf(vm: { uuid: string; name: string }): string | undefined
  /** Asks again who is enrolled, so that one that was revoked does not stay. @throws what the call throws */
  refresh(): Promise<void>
  /** The same before something is asked of one; never throws. Where nobody answers, what was told last counts. */
  freshen(): Promise<void>
}

/** A key that nobody knows is asked about no more often, in ms: it may be a stranger's. */
const ASKED_EVERY_MS = 2_000

/**
 * Guests of the settings, and those that were enrolled for VMs of our pools. For a VM that the settings name only they count: nobody can put another key in
 * the place of theirs from outside.
 * @param ask the control plane who is enrolled; none where the settings do not want that
 */
export const guestKeys = async (
  settings: readonly KnownGuest[],
  { ask, clock, log }: { ask?: (() => Promise<Enrolled>) | undefined; clock: Clock; log: Log },
): Promise<GuestKeys> => {
  const keysOf = async (guests: readonly KnownGuest[]) =>
    new Map(
      await Promise.all(
        guests.map(async ({ vm, publicKey: x }) => {
          const jwk = { kty: 'OKP', crv: 'Ed25519', x } as const
          const key = await importJWK(jwk, 'EdDSA')
          return [await calculateJwkThumbprint(jwk), { vm, key }] as const
        }),
      ),
    )
  const own = await keysOf(settings)
  let enrolled: typeof own = new Map()
  let asked = Number.NEGATIVE_INFINITY
  const isNamed = (vmUuid: string) => settings.some(({ vm }) => vm === vmUuid)

  const refresh = async (): Promise<void> => {
    if (!ask) return
    asked = clock.now()
    const guests = (await ask()).filter(({ vmUuid }) => !isNamed(vmUuid))
    enrolled = await keysOf(
      guests.flatMap(({ vmUuid: vm, publicKeys }) =>
        publicKeys.map(publicKey => ({ vm, publicKey })),
      ),
    )
  }

  const freshen = async (): Promise<void> => {
    await refresh().catch(error =>
      log.warn(`Who is enrolled among the guests is not known (${asXenkeepError(error).code})`),
    )
  }

  return {
    ...{ refresh, freshen },
    async find(thumbprint) {
      const known = () => own.get(thumbprint) ?? enrolled.get(thumbprint)
      if (known() === undefined && ask && clock.now() - asked >= ASKED_EVERY_MS) await freshen()
      return known()
    },
    nameOf({ uuid, name }) {
      const named = settings.find(({ vm }) => vm === uuid) ?? settings.find(({ vm }) => vm === name)
      return named?.vm ?? [...enrolled.values()].find(({ vm }) => vm === uuid)?.vm
    },
  }
}
