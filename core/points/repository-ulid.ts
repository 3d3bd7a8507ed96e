const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * The repository's id as our wires carry it: the same 128 bits, written like a ULID.
 * @param hex 32 hex digits, as in the repository's bootstrap
 */
export const repositoryUlid = (hex: string): string => {
  let bits = BigInt(`0x${hex}`)
  let text = ''
  for (let place = 0; place < 26; place++) {
    text = CROCKFORD[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return text
}
