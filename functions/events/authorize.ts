import { z } from 'zod'
import { cognitoTokens, type SignedIn } from '#adapters/aws/cognito.ts'
import { signInMail } from '#adapters/aws/sign-in-mail.ts'
import { nameOf } from '#core/access/who.ts'
import { Role } from '#core/contracts/routes/route.ts'
import { TokenExpiredError } from '#core/errors/people.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import { isApiToken, personOfToken } from '#core/tokens/token.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'

/** The part of API Gateway's question (REQUEST authorizer, payload format 2.0) that we read. */
const Question = z.object({ headers: z.record(z.string(), z.string()).default({}) })

/**
 * The simple response. What is unknown is turned away at the door (HTTP 403). Who is known and may not come in (a token that has ended, a user without a
 * group) is let through with the reason in `refused`, because API Gateway has one text for all: the function behind says it in a sentence
 * (adapters/aws/lambda-authenticator.ts), and no such call gets further.
 */
interface Answer {
  isAuthorized: boolean
  context?: {
    name: string
    id?: string
    role?: Role
    source?: 'token'
    createdBy?: string
    refused?: 'expired' | 'revoked' | 'role'
  }
}

const TURNED_AWAY: Answer = { isAuthorized: false }

/**
 * Says who calls: a person by the access token of the user pool, an outside system by a token of ours.
 * @param mailOf the mail address of who has signed in, for records; asked with a good token and the user name in it
 */
export const authorize =
  (
    signedIn: (token: string) => Promise<SignedIn | undefined>,
    mailOf: (token: string, id: string) => Promise<string | undefined> = async () => undefined,
  ) =>
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ headers }: z.infer<typeof Question>): Promise<Answer> => {
    const { authorization } = headers
    if (isApiToken(authorization)) return byApiToken({ catalog, clock }, authorization)
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization ?? '')?.[1]
    const person = token === undefined ? undefined : await signedIn(token)
    if (!person) return TURNED_AWAY
    const { name: id, groups, expired } = person
    if (expired) return { isAuthorized: true, context: { name: id, refused: 'expired' } }
    // Of several groups the highest counts.
    const role = Role.options.findLast(option => groups.includes(option))
    const name = nameOf(id, await mailOf(token ?? '', id))
    return { isAuthorized: true, context: { name, id, ...(role ? { role } : { refused: 'role' }) } }
  }

const byApiToken = async (
  { catalog, clock }: Pick<Ports, 'catalog' | 'clock'>,
  authorization: string | undefined,
): Promise<Answer> => {
  try {
    const person = await personOfToken(catalog, authorization, clock.now())
    return { isAuthorized: true, context: { ...person, source: 'token' } }
  } catch (error) {
    if (error instanceof TokenInvalidError) return TURNED_AWAY
    if (!(error instanceof TokenExpiredError)) throw error
    const refused = error.what === 'was revoked' ? 'revoked' : 'expired'
    return { isAuthorized: true, context: { name: error.holder, source: 'token', refused } }
  }
}

let pool: ReturnType<typeof cognitoTokens> | undefined

/** The user pool that the deployment names; without one there are tokens of ours alone. */
const poolOfEnvironment = async (token: string): Promise<SignedIn | undefined> => {
  const { XENKEEP_USER_POOL: userPoolId, XENKEEP_USER_POOL_CLIENTS: clients } = process.env
  if (!userPoolId) return undefined
  pool ??= cognitoTokens({ userPoolId, ...(clients && { clientIds: clients.split(',') }) })
  return pool(token)
}

let mails: ReturnType<typeof signInMail> | undefined

const mailOfEnvironment = async (token: string, id: string): Promise<string | undefined> => {
  const endpoint = process.env.XENKEEP_USER_INFO
  if (!endpoint) return undefined
  mails ??= signInMail({ endpoint })
  return mails(token, id)
}

export const handler = taskHandler(Question, authorize(poolOfEnvironment, mailOfEnvironment))
