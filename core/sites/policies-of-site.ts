import type { Policy } from '../contracts/policies.ts'
import { type StoredSite, siteNamed } from './sites-catalog.ts'

/** Whether a policy backs up a site, and not single VMs: by its one selector. @returns the site's id or name as the policy has it */
export const siteOfPolicy = ({ selection }: Pick<Policy, 'selection'>): string | undefined =>
  selection.include.find(({ site }) => site !== undefined)?.site

/** The policies that back up a site. */
export const policiesOfSite = (
  site: Pick<StoredSite, 'siteId' | 'site'>,
  policies: readonly Policy[],
): Policy[] =>
  policies.filter(policy => {
    const wanted = siteOfPolicy(policy)
    return wanted !== undefined && siteNamed([{ value: site }], wanted) !== undefined
  })
