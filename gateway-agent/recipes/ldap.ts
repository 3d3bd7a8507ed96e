import { Client } from 'ldapts'
import type { AskLdap } from './ports.ts'

/** Loopback: what is sent there passes no network. */
const HERE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** In the byte order of Microsoft's GUID structure (MS-DTYP, 2.3.4.2). */
const guid = (bytes: Buffer): string => {
  const part = (from: number, to: number) => bytes.subarray(from, to)
  return [
    Buffer.from(part(0, 4)).reverse(),
    Buffer.from(part(4, 6)).reverse(),
    Buffer.from(part(6, 8)).reverse(),
    part(8, 10),
    part(10, 16),
  ]
    .map(piece => piece.toString('hex'))
    .join('-')
}
const hex = (bytes: Buffer): string => bytes.toString('hex')

/** Attributes of Active Directory whose values are bytes, and how they are written. */
const BYTES: Readonly<Record<string, (bytes: Buffer) => string>> = {
  objectGUID: guid,
  invocationId: guid,
  'msDS-GenerationId': hex,
  objectSid: hex,
}

const LIMIT_MS = 15_000

/** Asks a directory by LDAP. A password goes over TLS, or to this machine itself; certificates are verified against the system's authorities. */
export const ldapByClient: AskLdap = async ({
  url,
  bind,
  base,
  scope,
  filter,
  attributes,
  signal,
}) => {
  const target = URL.parse(url)
  if (target?.protocol !== 'ldaps:' && target?.protocol !== 'ldap:')
    return { said: 'it has to be an address that begins with ldaps:// or ldap://' }
  if (bind && target.protocol === 'ldap:' && !HERE.test(target.hostname))
    return { said: 'a password goes to another machine over ldaps:// only' }
  const client = new Client({ url, connectTimeout: LIMIT_MS, timeout: LIMIT_MS })
  const stop = () => void client.unbind().catch(() => undefined)
  signal.addEventListener('abort', stop)
  try {
    if (bind) await client.bind(bind.dn, bind.password)
    const { searchEntries } = await client.search(base, {
      ...{ scope, filter, attributes, sizeLimit: 1_000 },
      explicitBufferAttributes: Object.keys(BYTES),
    })
    const values: Record<string, string[]> = {}
    for (const entry of searchEntries)
      for (const name of attributes) {
        const found = [entry[name] ?? []].flat()
        values[name] = [
          ...(values[name] ?? []),
          ...found.map(value =>
            typeof value === 'string' ? value : (BYTES[name] ?? hex)(Buffer.from(value)),
          ),
        ]
      }
    return { values }
  } catch (error) {
    const { name, message } = error as Error
    return { said: `${name}: ${message}`.slice(0, 500) }
  } finally {
    signal.removeEventListener('abort', stop)
    await client.unbind().catch(() => undefined)
  }
}
