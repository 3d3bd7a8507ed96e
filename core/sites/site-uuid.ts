const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The id of a site as a UUID, under which its points lie in the repository: the same 128 bits, written otherwise. */
export const siteUuid = (siteId: string): string => {
  const bits = [...siteId].reduce((sum, digit) => sum * 32n + BigInt(DIGITS.indexOf(digit)), 0n)
  const hex = bits.toString(16).padStart(32, '0')
  return [
    ...[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16)],
    ...[hex.slice(16, 20), hex.slice(20)],
  ].join('-')
}
