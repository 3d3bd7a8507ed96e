import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { BlockList, isIP } from 'node:net'

/** IANA's special-purpose registries (RFC 6890 and its updates): whatever is not for everybody to reach. */
const RESERVED: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // services of the machine itself: metadata, credentials
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
const RESERVED_6: readonly (readonly [string, number])[] = [
  ['::', 96], // unspecified, loopback, and addresses of IPv4 in their old form
  ['64:ff9b::', 96], // translated to IPv4, whatever that is
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: another IPv4 inside
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]

const blocked = new BlockList()
for (const [net, bits] of RESERVED) blocked.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of RESERVED_6) blocked.addSubnet(net, bits, 'ipv6')

/** Whether everybody may be reached there. IPv4 within IPv6 (`::ffff:10.0.0.1`) is judged as IPv4. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  return family !== 0 && !blocked.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

export class PrivateAddressError extends Error {}

type Done = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/**
 * `dns.lookup` for connections that leave for the internet only: an address that is not public is refused where the connection is made, so that no
 * second answer of the name server can differ from the one that was checked.
 */
export const publicLookup = (host: string, options: LookupOptions, done: Done): void => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, [])
    const bad = addresses.find(({ address }) => !isPublicAddress(address))
    if (bad) return done(new PrivateAddressError(`${host} is ${bad.address}`), [])
    const [first] = addresses
    if (options.all) done(null, addresses)
    else done(null, first?.address ?? '', first?.family)
  })
}
