import { stringify } from 'yaml'
import type { SiteDefinition } from './site.ts'

/** A site as a file, as `xenkeep site define` takes it. YAML 1.2. */
export const siteAsYaml = (site: SiteDefinition): string =>
  stringify(site, {
    ...{ version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false },
  })
