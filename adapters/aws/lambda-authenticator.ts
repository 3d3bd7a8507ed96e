import { Role } from '#core/contracts/routes/route.ts'
import { RoleMissingError, TokenExpiredError } from '#core/errors/people.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import type { Authenticator } from '#core/ports.ts'

/**
 * People and outside systems as the Lambda authorizer has found them out (functions/events/authorize.ts): API Gateway hands over its word with the
 * call, and nobody else can write there.
 */
export const lambdaAuthenticator = (): Authenticator => ({
  person: async ({ authorized }) => {
    const { name, id, role, source, createdBy, refused } = authorized ?? {}
    if (typeof name !== 'string' || name === '')
      throw new TokenInvalidError('nobody has checked who calls')
    if (refused === 'revoked') throw new TokenExpiredError(name, 'was revoked')
    if (refused === 'expired') throw new TokenExpiredError(name, 'has expired')
    const known = Role.safeParse(role)
    if (refused !== undefined || !known.success) throw new RoleMissingError(name)
    return {
      name,
      role: known.data,
      ...(typeof id === 'string' && { id }),
      ...(source === 'token' && { source }),
      ...(typeof createdBy === 'string' && { createdBy }),
    }
  },
})
