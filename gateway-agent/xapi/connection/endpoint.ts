import { isIPv6 } from 'node:net'
import { XapiPlainRefusedError, XapiTrustMissingError } from '#core/errors/xenserver.ts'
import type { PoolOptions } from '../api.ts'

/** One host's API as we reach it. */
export interface Endpoint {
  /** Name or address without brackets. */
  host: string
  port: number
  secure: boolean
}

/** @throws `XAPI_PLAIN_REFUSED`, `XAPI_TRUST_MISSING` */
export const endpointOf = (
  url: string,
  { allowPlain = false, fingerprints = [], ca }: Partial<PoolOptions>,
): Endpoint => {
  const { protocol, hostname, port } = new URL(url)
  const secure = protocol === 'https:'
  if (!secure && !allowPlain) throw new XapiPlainRefusedError(`${protocol}//${hostname}`)
  if (secure && fingerprints.length === 0 && ca === undefined)
    throw new XapiTrustMissingError(`${protocol}//${hostname}`)
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    secure,
  }
}

/**
 * @param address as XAPI names a host: an address, seldom with a port
 * @param like where the other parts come from
 */
export const endpointAt = (address: string, like: Endpoint): Endpoint => {
  if (isIPv6(address)) return { ...like, host: address }
  const [, host = address, port] = /^\[?([^[\]]+?)\]?(?::(\d+))?$/.exec(address) ?? []
  return { ...like, host, port: port === undefined ? like.port : Number(port) }
}

export const endpointName = ({ host, port }: Endpoint): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
