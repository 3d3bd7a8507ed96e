import type { Policy } from './evaluate.ts'

interface Resource {
  stack: string
  id: string
  Type: string
  Properties?: Record<string, unknown>
}

/** A role of a synthesised template with everything that decides what it may do. */
export interface SynthesisedRole {
  /** Its name where it has one, else stack and logical id. */
  name: string
  arn: string
  trust: Policy
  identity: Policy[]
  boundary?: Policy
  /** Policies of AWS's own, by ARN. */
  managedByAws: string[]
}

/** Stands for the account and region that a template leaves open. */
export const ACCOUNT = '111122223333'
const PSEUDO: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': 'eu-central-1',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'stack',
  'AWS::NoValue': '',
}

/** A template's value with its references as texts: a resource of it is `ref:<logical id>`, its attribute `ref:<logical id>.<attribute>`. */
export const resolved = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(resolved)
  if (typeof value !== 'object' || value === null) return value
  const [[key = '', argument] = []] = Object.entries(value)
  switch (key) {
    case 'Ref':
      return PSEUDO[String(argument)] ?? `ref:${argument}`
    case 'Fn::GetAtt':
      return `ref:${[argument].flat().join('.')}`
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]]
      return parts.map(resolved).join(separator)
    }
    case 'Fn::Sub':
      return String([argument].flat()[0]).replace(/\$\{([^}]+)\}/g, (_, name: string) =>
        String(resolved({ Ref: name })),
      )
    case 'Fn::Select': {
      const [index, list] = argument as [number, unknown]
      return (resolved(list) as string[])[Number(index)] ?? ''
    }
    case 'Fn::Split': {
      const [separator, text] = argument as [string, unknown]
      return String(resolved(text)).split(separator)
    }
    default:
      return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, resolved(of)]))
  }
}

/** All roles of all templates. */
export const rolesOf = (resources: readonly Resource[]): SynthesisedRole[] => {
  const known = resources.map(({ stack, id, Type, Properties }) => ({
    ...{ stack, id, Type },
    properties: resolved(Properties ?? {}) as Record<string, never>,
  }))
  const of = (type: string) => known.filter(({ Type }) => Type === type)
  const documentOf = (stack: string, arn: string): Policy | undefined =>
    of('AWS::IAM::ManagedPolicy').find(
      policy => policy.stack === stack && arn === `ref:${policy.id}`,
    )?.properties.PolicyDocument

  return of('AWS::IAM::Role').map(({ stack, id, properties }) => {
    const {
      RoleName,
      AssumeRolePolicyDocument: trust,
      Policies = [],
      ManagedPolicyArns = [],
      PermissionsBoundary,
    } = properties as unknown as {
      RoleName?: string
      AssumeRolePolicyDocument: Policy
      Policies?: { PolicyDocument: Policy }[]
      ManagedPolicyArns?: string[]
      PermissionsBoundary?: string
    }
    const attached = [...of('AWS::IAM::Policy'), ...of('AWS::IAM::ManagedPolicy')]
      .filter(
        policy =>
          policy.stack === stack &&
          ((policy.properties.Roles ?? []) as string[]).includes(`ref:${id}`),
      )
      .map(policy => policy.properties.PolicyDocument as unknown as Policy)
    const own = ManagedPolicyArns.map(arn => ({ arn, document: documentOf(stack, arn) }))
    const boundary = PermissionsBoundary ? documentOf(stack, PermissionsBoundary) : undefined
    const name = RoleName ?? `${stack}/${id}`
    return {
      name,
      arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
      trust,
      identity: [
        ...Policies.map(({ PolicyDocument }) => PolicyDocument),
        ...attached,
        ...own.flatMap(({ document }) => document ?? []),
      ],
      ...(boundary && { boundary }),
      managedByAws: own.filter(({ document }) => !document).map(({ arn }) => arn),
    }
  })
}
