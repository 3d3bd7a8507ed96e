import { z } from 'zod'

/** What a component does in a XenDesktop site. */
export const SiteRole = z.enum([
  'ddc',
  'sql',
  'license',
  'dc',
  'storefront',
  'pvs',
  'master-image',
  'template',
  'dedicated',
  'pooled',
  'pool-metadata',
  'host-metadata',
  'custom',
])
export type SiteRole = z.infer<typeof SiteRole>
