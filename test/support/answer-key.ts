/** In the form of a public key of P-256; nothing is sealed for it. */
export const ANSWER_KEY = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 7)]).toString('base64url')

/** As a gateway tells it with each part. */
export const SEAL = { epk: ANSWER_KEY, salt: Buffer.alloc(32, 9).toString('base64url') }
