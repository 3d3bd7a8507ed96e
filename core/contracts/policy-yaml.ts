import { stringify } from 'yaml'
import type { PolicyInput } from './policies.ts'

/** Policies as a file, a document each, as `xenkeep policies apply`, `create -f` and `edit -f` take it. YAML 1.2. */
export const policiesAsYaml = (policies: readonly PolicyInput[]): string =>
  policies
    .map(policy =>
      stringify(policy, {
        ...{ version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false },
      }),
    )
    .join('---\n')
