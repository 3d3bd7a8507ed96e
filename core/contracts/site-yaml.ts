import { parse, stringify } from 'yaml'
import { SiteDefinition } from './site.ts'

/** A site as a file, as `xenkeep site define` takes it. YAML 1.2. */
export const siteAsYaml = (site: SiteDefinition): string =>
  stringify(site, {
    ...{ version: '1.2', schema: 'core', lineWidth: 0, aliasDuplicateObjects: false },
  })

/**
 * A site as whoever defined it wrote it, with comments and all.
 * @param text as it was kept; where it says something else than the definition, or nothing was kept, the definition is written anew
 */
export const siteAsWritten = (site: SiteDefinition, text: string | undefined): string =>
  text !== undefined && isOf(site, text) ? text : siteAsYaml(site)

const isOf = (site: SiteDefinition, text: string): boolean => {
  try {
    const read = SiteDefinition.safeParse(parse(text))
    return read.success && JSON.stringify(read.data) === JSON.stringify(SiteDefinition.parse(site))
  } catch {
    return false
  }
}
