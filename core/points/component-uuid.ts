import { toHex } from '../ids.ts'

/**
 * The UUID under which recovery points of a guest's component are found: version 5 of RFC 9562, with the guest's UUID as namespace.
 * @param instance which of several of its kind on the guest
 */
export const componentUuid = async (
  guestUuid: string,
  recipe: string,
  instance?: string,
): Promise<string> => {
  const namespace = Uint8Array.from(guestUuid.replaceAll('-', '').match(/../g) ?? [], byte =>
    Number.parseInt(byte, 16),
  )
  const name = new TextEncoder().encode(
    (instance === undefined ? recipe : `${recipe}:${instance}`).normalize('NFC'),
  )
  const bytes = new Uint8Array(
    await crypto.subtle.digest('SHA-1', new Uint8Array([...namespace, ...name])),
  ).subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
