import { readFile, stat } from 'node:fs/promises'
import { type Client, createClient } from '#core/contracts/client.ts'
import { ControlUrlError, TokenFileOpenError, TokenMissingError } from './errors.ts'

/** Where a control plane elsewhere answers, and how to be let in; the secret is never an argument. */
export interface Remote {
  url: string
  token: () => Promise<string>
}

/**
 * The control plane that the environment names: `XENKEEP_URL`, with the token in `XENKEEP_TOKEN` or in the file that `XENKEEP_TOKEN_FILE` names.
 * @returns undefined where it names none
 * @throws `CONTROL_URL_INVALID`; `TOKEN_MISSING`, `TOKEN_FILE_OPEN` when the token is asked for
 */
export const remoteOf = (env: NodeJS.ProcessEnv): Remote | undefined => {
  const { XENKEEP_URL: url, XENKEEP_TOKEN: token, XENKEEP_TOKEN_FILE: file } = env
  if (!url) return undefined
  guardUrl(url)
  return {
    url,
    token: async () => {
      if (token) return token.trim()
      if (!file) throw new TokenMissingError(url)
      return readTokenFile(file)
    },
  }
}

/** A client for it. */
export const remoteClient = ({ url, token }: Remote, fetch: typeof globalThis.fetch): Client =>
  createClient({
    baseUrl: url,
    // A redirect would carry the token elsewhere.
    fetch: (input, init) => fetch(input, { ...init, redirect: 'error' }),
    authorize: async () => `Bearer ${await token()}`,
  })

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

const guardUrl = (text: string): void => {
  if (!URL.canParse(text))
    throw new ControlUrlError(text, 'it is no URL, such as https://api.example.com')
  const { protocol, hostname, username, password, search, pathname } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new ControlUrlError(text, 'it begins with neither https:// nor http://')
  if (protocol === 'http:' && !LOOPBACK.test(hostname))
    throw new ControlUrlError(
      text,
      'plain http would show the token to everybody on the way, and is taken to this machine only',
    )
  if (username || password) throw new ControlUrlError('(not shown)', 'it holds credentials')
  if (pathname !== '/' || search !== '')
    throw new ControlUrlError(text, 'it must end behind the host, or its port: the paths are ours')
}

/** @throws `TOKEN_FILE_OPEN`, `TOKEN_MISSING` */
const readTokenFile = async (file: string): Promise<string> => {
  const found = await stat(file).catch(() => undefined)
  if (!found) throw new TokenMissingError(file)
  if ((found.mode & 0o077) !== 0) throw new TokenFileOpenError(file)
  const text = (await readFile(file, 'utf8')).trim()
  if (!text) throw new TokenMissingError(file)
  return text
}
