import { PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam'

/** What a handler may do beyond the catalog, and the settings that it needs for it. */
export interface Right {
  actions: readonly string[]
  /** ARNs; made of names that are known beforehand (infra/deployment.ts). */
  resources: readonly string[]
  /** Where the thing is no resource at all: everything but these. Then `resources` is empty. */
  exceptResources?: readonly string[]
  conditions?: PolicyStatementProps['conditions']
  environment?: Readonly<Record<string, string>>
  /** The function's role must have this name: somebody trusts it by name. */
  roleName?: string
  /** Why a resource with a wildcard is narrow enough; what cdk-nag is told. */
  because?: string
}

export const statementOf = ({
  actions,
  resources,
  exceptResources,
  conditions,
}: Right): PolicyStatement =>
  new PolicyStatement({
    actions: [...actions],
    ...(exceptResources ? { notResources: [...exceptResources] } : { resources: [...resources] }),
    ...(conditions && { conditions }),
  })
