import { z } from 'zod'

/**
 * The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a call that is sent again under the same key is done once, and answered
 * as before. Optional: who does not know it is served without. Quotes around it, as the draft wants them, belong to the key.
 */
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key'

export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
