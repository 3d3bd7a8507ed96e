/** What a ciphertext is bound to: it opens with the same pairs only. In clear in the service's log (CloudTrail): no secrets. */
export type KeyContext = Readonly<Record<string, string>>

/**
 * Keys that never leave a key management service. AWS KMS: kms:Encrypt to make slots, kms:Decrypt to open.
 *
 * - Errors of every method: `KMS_DENIED`, `KMS_KEY_NOT_FOUND`, `KMS_KEY_DISABLED`, `KMS_KEY_PENDING_DELETION`, `KMS_KEY_UNSUITABLE`,
 *   `KMS_UNTRUSTED`; `KMS_THROTTLED`, `KMS_UNAVAILABLE` (both retryable).
 * - No key of a call is chosen by what a ciphertext says of itself.
 */
export interface KeyService {
  /**
   * @param key its full name (AWS: ARN), or another that the service knows (AWS: id, alias)
   * @param plaintext at most 4,096 bytes
   * @returns the ciphertext, and the full name of the key that made it
   */
  encrypt(
    key: string,
    plaintext: Uint8Array,
    context: KeyContext,
  ): Promise<{ key: string; ciphertext: Uint8Array }>

  /**
   * @param key as for `encrypt`; decides, not the ciphertext
   * @throws `KMS_CIPHERTEXT_REFUSED`
   */
  decrypt(key: string, ciphertext: Uint8Array, context: KeyContext): Promise<Uint8Array>
}
