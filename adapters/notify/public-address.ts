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
/** Within 2000::/3, the only part of IPv6 that is given to anybody (IANA): what is not for everybody. */
const RESERVED_6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: another IPv4 inside
  ['3fff::', 20],
]

const blocked = new BlockList()
for (const [net, bits] of RESERVED) blocked.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of RESERVED_6) blocked.addSubnet(net, bits, 'ipv6')
const given = new BlockList()
given.addSubnet('2000::', 3, 'ipv6')

/** Whether everybody may be reached there. IPv4 within IPv6, in whichever of its forms (`::ffff:10.0.0.1`), is not: nobody is called by such a name. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return !blocked.check(address, 'ipv4')
  return family === 6 && given.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}

/** What is said of an address that is not. */
export const PRIVATE = 'its address lies in a private network, which the cloud does not call'

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
