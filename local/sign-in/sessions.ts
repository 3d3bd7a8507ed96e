import { createHash } from 'node:crypto'
import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import { SignInEndedError, SignInRefusedError } from '#core/errors/people.ts'
import type { Authenticator, Catalog, Clock, Random } from '#core/ports.ts'
import { checkPassword, passwordId } from './password.ts'
import { createWaits } from './waits.ts'

/** A working day. */
const SESSION_MS = 12 * 3600_000

/** Tokens of sessions begin so, and so differ from those of outside systems and of the owner. */
const PREFIX = 'xks_'

interface StoredSession {
  passwordId: string
  until: number
}

const keyOf = (token: string) =>
  keys.session(createHash('sha256').update(token).digest('base64url'))

export interface Sessions {
  /**
   * @param address where the call comes from: who tries wrong passwords there waits, and nobody else
   * @returns the token of a new session, and its end in ms since 1970
   * @throws `SIGN_IN_REFUSED`, `SIGN_IN_LIMITED`, `CATALOG_UNAVAILABLE`
   */
  signIn(password: string, address: string): Promise<{ token: string; until: number }>
  /** Ends the session; one that has ended already is no error. */
  signOut(token: string): Promise<void>
}

/**
 * Who has signed in to the console of one machine.
 * @param passwordFile `control/password.json`
 */
export const localSessions = (
  { catalog, clock, random }: { catalog: Catalog; clock: Clock; random: Random },
  passwordFile: string,
): Sessions => {
  const waits = createWaits(clock)

  const sweep = async (): Promise<void> => {
    for await (const { sk, value } of queryAll<StoredSession>(catalog, keys.session('').pk))
      if (value.until <= clock.now())
        await catalog.write([{ kind: 'delete', key: keys.session(sk), expect: 'any' }])
  }

  return {
    async signIn(password, address) {
      const made = await passwordId(passwordFile)
      const id = await waits.look(address, made, () => checkPassword(passwordFile, password))
      if (id === undefined) throw new SignInRefusedError()
      await sweep()
      const token = `${PREFIX}${Buffer.from(random.bytes(32)).toString('base64url')}`
      const until = clock.now() + SESSION_MS
      const value: StoredSession = { passwordId: id, until }
      await catalog.write([{ kind: 'put', key: keyOf(token), value, expect: 'absent' }])
      return { token, until }
    },

    async signOut(token) {
      await catalog.write([{ kind: 'delete', key: keyOf(token), expect: 'any' }])
    },
  }
}

/** People of the console beside whoever else may call. One machine has one person, its owner. */
export const withSessions = (
  others: Authenticator,
  { catalog, clock }: { catalog: Catalog; clock: Clock },
  passwordFile: string,
): Authenticator => ({
  person: async call => {
    const token = /^Bearer (xks_[\w-]{43})$/.exec(call.authorization ?? '')?.[1]
    if (!token) return others.person(call)
    const session = (await catalog.get<StoredSession>(keyOf(token)))?.value
    const counts =
      session !== undefined &&
      session.until > clock.now() &&
      session.passwordId === (await passwordId(passwordFile))
    if (!counts) throw new SignInEndedError()
    return { name: 'owner', role: 'administrator' }
  },
})
