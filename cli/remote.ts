import { readFile, stat } from 'node:fs/promises'
import type { Client } from '#core/contracts/client.ts'
import { TokenFileOpenError, TokenMissingError } from './errors.ts'
import type { Host } from './host.ts'
import { guardUrl } from './remote-url.ts'

/** Where a control plane elsewhere answers, and how to be let in; the secret is never an argument. */
export interface Remote {
  url: string
  token: () => Promise<string>
}

/**
 * The control plane that the environment names: `XENKEEP_URL`, with the token in `XENKEEP_TOKEN`, in the file that `XENKEEP_TOKEN_FILE` names, or
 * of who signed in with `xenkeep login`.
 * @returns undefined where it names none
 * @throws `CONTROL_URL_INVALID`; `TOKEN_MISSING`, `TOKEN_FILE_OPEN`, `SIGN_IN_ENDED` when the token is asked for
 */
export const remoteOf = (host: Host): Remote | undefined => {
  const { XENKEEP_URL: url, XENKEEP_TOKEN: token, XENKEEP_TOKEN_FILE: file } = host.env
  if (!url) return undefined
  guardUrl(url)
  return {
    url,
    token: async () => {
      if (token) return token.trim()
      if (file) return readTokenFile(file)
      const { signedIn } = await import('./login/signed-in.ts')
      const access = await signedIn(host, url)
      if (!access) throw new TokenMissingError(`There is no token for the control plane at ${url}.`)
      return access
    },
  }
}

/** A client for it. */
export const remoteClient = ({ url, token }: Remote, fetch: typeof globalThis.fetch): Client => ({
  async call(name, input) {
    // With the schemas of all routes: only where something is asked.
    const { createClient } = await import('#core/contracts/client.ts')
    const client = createClient({
      baseUrl: url,
      // A redirect would carry the token elsewhere.
      fetch: (input, init) => fetch(input, { ...init, redirect: 'error' }),
      authorize: async () => `Bearer ${await token()}`,
    })
    return client.call(name, input)
  },
})

/** @throws `TOKEN_FILE_OPEN`, `TOKEN_MISSING` */
const readTokenFile = async (file: string): Promise<string> => {
  const found = await stat(file).catch(() => undefined)
  if (!found) throw new TokenMissingError(`XENKEEP_TOKEN_FILE names ${file}, which is not there.`)
  if ((found.mode & 0o077) !== 0) throw new TokenFileOpenError(file)
  const text = (await readFile(file, 'utf8')).trim()
  if (!text) throw new TokenMissingError(`XENKEEP_TOKEN_FILE names ${file}, which is empty.`)
  return text
}
