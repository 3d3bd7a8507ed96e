import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { readJson, writePrivately } from '../data-directory.ts'

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)

/** 64 MiB and about a tenth of a second a try: OWASP's choice for scrypt. */
const COST = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }

/** Crockford's base32 without what is mistaken for something else. */
const LETTERS = 'abcdefghjkmnpqrstvwxyz23456789'

const Stored = z.object({
  /** Another one with each password: who signed in with a former one is signed in no more. */
  id: z.string(),
  salt: z.base64url(),
  hash: z.base64url(),
})

/** 20 letters, 98 bits: nobody guesses it, and it can be typed from a terminal of another machine. */
const newPassword = (): string =>
  Array.from({ length: 4 }, () =>
    Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join(''),
  ).join('-')

/**
 * Makes a password for the console of this machine, in place of any former one.
 * @param path `control/password.json`
 * @returns the password, which is kept nowhere
 * @throws `DATA_DIRECTORY_UNUSABLE`
 */
export const setPassword = async (path: string): Promise<string> => {
  const password = newPassword()
  const salt = randomBytes(16)
  const hash = await derive(password, salt, 32, COST)
  const stored = {
    id: randomBytes(8).toString('base64url'),
    salt: salt.toString('base64url'),
    hash: hash.toString('base64url'),
  }
  await writePrivately(path, `${JSON.stringify(stored)}\n`)
  return password
}

/** The id of the password that counts now; undefined where none was ever made. */
export const passwordId = async (path: string): Promise<string | undefined> =>
  Stored.safeParse(await readJson(path)).data?.id

/** @returns the id of the password where this is it */
export const checkPassword = async (
  path: string,
  password: string,
): Promise<string | undefined> => {
  const stored = Stored.safeParse(await readJson(path))
  if (!stored.success) return undefined
  const { id, salt, hash } = stored.data
  const derived = await derive(password.trim(), Buffer.from(salt, 'base64url'), 32, COST)
  return timingSafeEqual(derived, Buffer.from(hash, 'base64url')) ? id : undefined
}
