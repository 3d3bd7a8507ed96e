import { TokenInvalidError } from '#core/errors/request.ts'
import type { Authenticator } from '#core/ports.ts'

/** People sign their calls with IAM credentials; API Gateway has checked the signature and hands over who it was. */
export const iamAuthenticator = (): Authenticator => ({
  person: async ({ iamArn }) => {
    if (!iamArn) throw new TokenInvalidError('the call is not signed with IAM credentials')
    return { name: iamArn, role: 'administrator' }
  },
})
