import { PolicyInput } from '#core/contracts/policies.ts'
import { policiesAsYaml } from '#core/contracts/policy-yaml.ts'
import { parseYaml, type YamlDocument } from '../yaml/documents.ts'

/** One policy of a file, and where it begins there. */
export interface PolicyDocument extends Omit<YamlDocument<PolicyInput>, 'value'> {
  policy: PolicyInput
}

/**
 * The policies of a file.
 * @param name of the file, for messages
 * @throws `USAGE` naming line and member
 */
export const parsePolicies = (text: string, name: string): PolicyDocument[] =>
  parseYaml(text, name, {
    ...{ schema: PolicyInput, noun: 'policy' },
    form: 'docs/policies.md shows how a policy is written.',
  }).map(({ value: policy, ...document }) => ({ policy, ...document }))

/** Policies as a file: a YAML document each; as JSON one policy, or a list of several. */
export const formatPolicies = (
  policies: readonly PolicyInput[],
  format: 'yaml' | 'json',
): string => {
  if (format === 'json') {
    const [only, ...more] = policies
    return `${JSON.stringify(more.length > 0 ? policies : only, null, 2)}\n`
  }
  return policiesAsYaml(policies)
}
