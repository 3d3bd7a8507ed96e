import type { Policy } from '#core/contracts/policies.ts'
import { download } from '../../components/download.ts'
import { inputOf } from './policy-input.ts'

/** The same as `xenkeep policies export` prints. */
export const downloadYaml = async (policy: Policy): Promise<void> => {
  const { policiesAsYaml } = await import('#core/contracts/policy-yaml.ts')
  const name = policy.name.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^[.-]+|-+$/g, '')
  download(`${name || policy.policyId}.yaml`, 'application/yaml', policiesAsYaml([inputOf(policy)]))
}
