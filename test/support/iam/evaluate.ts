import { holds } from './conditions.ts'
import { wildcard } from './wildcard.ts'

// The part of IAM's evaluation that this project's policies use (IAM user guide, "Policy evaluation logic"). What is not known is an error, so that
// a policy which says more than this understands makes its test fail.

type Texts = string | readonly string[]

export interface Statement {
  Sid?: string
  Effect: string
  Principal?: unknown
  Action?: Texts
  NotAction?: Texts
  Resource?: Texts
  NotResource?: Texts
  Condition?: Readonly<Record<string, Readonly<Record<string, Texts>>>>
}

export interface Policy {
  Version?: string
  Statement: readonly Statement[]
}

export interface Request {
  /** ARN of the role, or of the user. */
  principal: string
  /** `s3:PutObject` */
  action: string
  /** ARN */
  resource: string
  /** Keys of conditions and their values; those that a request does not carry are left out. */
  context?: Readonly<Record<string, Texts>>
}

export interface Policies {
  identity: readonly Policy[]
  /** What of the identity's policies counts at all. */
  boundary?: Policy | undefined
  /** Given to AssumeRole: what of all that the session keeps. */
  session?: Policy | undefined
  /** Of the resource, in the same account: its Allow counts as one of the identity. */
  resource?: Policy | undefined
}

const KNOWN = new Set([
  ...['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
])

/** @returns whether the request is allowed: no statement denies it, and each kind of policy that is there allows it */
export const isAllowed = (
  { identity, boundary, session, resource }: Policies,
  request: Request,
): boolean => {
  const of = (policy: Policy | undefined) => effects(policy, request)
  const own = [...identity, ...(resource ? [resource] : [])].map(of)
  const cuts = [boundary, session].filter(policy => policy !== undefined).map(of)
  const all = [...own, ...cuts]
  if (all.some(({ deny }) => deny)) return false
  return own.some(({ allow }) => allow) && cuts.every(({ allow }) => allow)
}

const effects = (policy: Policy | undefined, request: Request) => {
  const matching = (policy?.Statement ?? []).filter(statement => matches(statement, request))
  return {
    allow: matching.some(({ Effect }) => Effect === 'Allow'),
    deny: matching.some(({ Effect }) => Effect === 'Deny'),
  }
}

const matches = (statement: Statement, { principal, action, resource, context }: Request) => {
  for (const member of Object.keys(statement))
    if (!KNOWN.has(member)) throw new Error(`A statement has "${member}", which is not understood`)
  if (!['Allow', 'Deny'].includes(statement.Effect)) throw new Error(`Effect ${statement.Effect}`)
  const { Principal, Action, NotAction, Resource, NotResource, Condition = {} } = statement
  const full = { 'aws:PrincipalArn': principal, ...context }
  return (
    (Principal === undefined || isPrincipal(Principal, principal)) &&
    (NotAction === undefined ? isIn(Action, action, true) : !isIn(NotAction, action, true)) &&
    // A trust policy has no resource: it stands at one.
    (NotResource === undefined
      ? Resource === undefined || isIn(Resource, resource)
      : !isIn(NotResource, resource)) &&
    Object.entries(Condition).every(([operator, wanted]) => holds(operator, wanted, full))
  )
}

const isIn = (patterns: Texts | undefined, text: string, ignoreCase = false): boolean =>
  [patterns ?? []].flat().some(pattern => wildcard(pattern, ignoreCase).test(text))

const isPrincipal = (wanted: unknown, principal: string): boolean => {
  if (wanted === '*') return true
  const { AWS, ...others } = wanted as { AWS?: Texts }
  // Services (`Service`, `Federated`) are nobody that is asked for here.
  if (AWS === undefined) return Object.keys(others).length === 0
  const account = /^arn:[^:]+:(?:iam|sts)::(\d+):/.exec(principal)?.[1]
  return [AWS]
    .flat()
    .some(
      one =>
        one === '*' || one === principal || one === account || one === rootOf(principal, account),
    )
}

const rootOf = (principal: string, account: string | undefined): string =>
  `arn:${principal.split(':')[1]}:iam::${account}:root`
