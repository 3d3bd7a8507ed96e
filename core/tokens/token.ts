import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Role } from '../contracts/routes/route.ts'
import type { TokenView } from '../contracts/tokens-api.ts'
import { TokenExpiredError, TokenNotFoundError } from '../errors/people.ts'
import { TokenInvalidError } from '../errors/request.ts'
import { toHex } from '../ids.ts'
import type { Catalog, Person, Random } from '../ports.ts'

/** A token of an outside system as the catalog keeps it. */
type StoredToken = TokenView & {
  /** SHA-256 of the secret, which is 256 random bits: nothing to guess, so nothing to salt or to stretch. */
  hash: string
}

/** `xk_<token id>_<secret>`: who finds one somewhere sees what it is, and which one to revoke. */
const FORM = /^xk_([0-7][0-9A-HJKMNP-TV-Z]{25})_([\w-]{43})$/

/** Whether an `Authorization` header bears a token of ours, good or not. */
export const isApiToken = (authorization: string | undefined): boolean =>
  authorization?.startsWith('Bearer xk_') === true

/** `lastUsed` is written at most this often, in ms: each write costs, and nobody asks for the minute. */
const USED_EVERY_MS = 3_600_000

/** @returns the token, to be told once */
export const createApiToken = async (
  { catalog, random }: { catalog: Catalog; random: Random },
  { tokenId, name, role, expires }: { tokenId: string; name: string; role: Role; expires?: number },
  createdBy: string,
  now: number,
): Promise<string> => {
  const secret = base64url(random.bytes(32))
  const value: StoredToken = {
    ...{ tokenId, name, role, created: now, createdBy },
    ...(expires === undefined ? {} : { expires }),
    hash: await sha256(secret),
  }
  await catalog.write([{ kind: 'put', key: keys.token(tokenId), value, expect: 'absent' }])
  return `xk_${tokenId}_${secret}`
}

/**
 * Who calls with a token of ours. An unknown id and a wrong secret are told apart by nothing.
 * @param authorization the header as it came
 * @throws `TOKEN_INVALID`; `TOKEN_EXPIRED` where it was good once
 */
export const personOfToken = async (
  catalog: Catalog,
  authorization: string | undefined,
  now: number,
): Promise<Person> => {
  const [, tokenId, secret] = FORM.exec(authorization?.replace(/^Bearer /, '') ?? '') ?? []
  if (!tokenId || !secret) throw new TokenInvalidError('it is no API token of XenKeep')
  const item = await catalog.get<StoredToken>(keys.token(tokenId))
  const given = await sha256(secret)
  if (!sameText(given, item?.value.hash ?? '0'.repeat(64)) || !item)
    throw new TokenInvalidError('the API token is unknown or its secret is wrong')
  const { name, role, createdBy, revoked, expires, lastUsed = 0 } = item.value
  if (revoked !== undefined) throw new TokenExpiredError(name, 'was revoked')
  if (expires !== undefined && expires <= now) throw new TokenExpiredError(name, 'has expired')
  if (now - lastUsed >= USED_EVERY_MS) await noteUse(catalog, tokenId, now).catch(() => {}) // what is told of it is coarse anyway
  return { name: `${name} (${tokenId})`, role, source: 'token', createdBy }
}

const noteUse = (catalog: Catalog, tokenId: string, now: number): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.token(tokenId)
    const item = await catalog.get<StoredToken>(key)
    if (!item || now - (item.value.lastUsed ?? 0) < USED_EVERY_MS) return
    const value: StoredToken = { ...item.value, lastUsed: now }
    await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
  })

/**
 * A revoked token stays in the list: who asks later what it was finds it.
 * @returns since when it is revoked
 * @throws `TOKEN_NOT_FOUND`
 */
export const revokeApiToken = (catalog: Catalog, tokenId: string, now: number): Promise<number> =>
  retryOnConflict(async () => {
    const key = keys.token(tokenId)
    const item = await catalog.get<StoredToken>(key)
    if (!item) throw new TokenNotFoundError(tokenId)
    if (item.value.revoked !== undefined) return item.value.revoked
    const value: StoredToken = { ...item.value, revoked: now }
    await catalog.write([{ kind: 'put', key, value, expect: { version: item.version } }])
    return now
  })

export const listApiTokens = async (
  catalog: Catalog,
  page: { limit: number; after?: string },
): Promise<{ items: TokenView[]; next?: string }> => {
  const { items, next } = await catalog.query<StoredToken>(keys.token('').pk, page)
  return {
    items: items.map(({ value: { hash: _, ...view } }) => view),
    ...(next !== undefined && { next }),
  }
}

/** Compares in a time that tells nothing about how much was right; both are hashes, of one length. */
const sameText = (a: string, b: string): boolean => {
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++)
    difference |= a.charCodeAt(index) ^ b.charCodeAt(index)
  return difference === 0
}

const sha256 = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
