import { z } from 'zod'
import { Role } from '#core/contracts/routes/route.ts'

const Address = z.url({
  protocol: /^https$/,
  message: 'must be an address that begins with https://',
})

/** Lambda takes 4 KB of settings for a function: names as long as those of Entra ID, Okta or LDAP fit some dozens of times. */
const GROUPS = 3_000

const Groups = z.array(z.string().min(1).max(256))

const ofEach = {
  /** Beginning of the names of who signs in with it. Cognito takes no underscore there, and we no capitals: it compares without them. */
  name: z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{2,31}$/,
      'must be 3 to 32 lower-case letters, digits and hyphens, beginning with a letter',
    )
    .refine(name => name !== 'cognito', 'must not be cognito (that is the pool itself)'),
  /** The claim, or the attribute of SAML, that holds the groups of a person. */
  groups: z.string().min(1).max(256),
  /** Which groups are which role. Who is in none of them may do nothing. */
  roles: z
    .strictObject({
      [Role.enum.administrator]: Groups.default([]),
      [Role.enum.operator]: Groups.default([]),
      [Role.enum.viewer]: Groups.default([]),
    })
    .refine(
      roles => Object.values(roles).flat().length > 0,
      'must name one group at least: else nobody could do anything',
    ),
}

/** An identity provider of the company, by SAML 2.0. */
const SamlProvider = z.strictObject({
  type: z.literal('saml'),
  ...ofEach,
  metadataUrl: Address,
  /** The attribute that holds the mail address. */
  mail: z
    .string()
    .min(1)
    .default('http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress'),
})

/** The same by OpenID Connect. */
const OidcProvider = z.strictObject({
  type: z.literal('oidc'),
  ...ofEach,
  issuer: Address,
  clientId: z.string().min(1).max(256),
  /** Name of a secret in Secrets Manager of each region, whose whole text is the client's secret. */
  clientSecret: z
    .string()
    .regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'must be the name of a secret in Secrets Manager'),
  scopes: z
    .array(z.string().min(1))
    .refine(scopes => scopes.includes('openid'), 'must hold openid')
    .default(['openid', 'email', 'profile']),
  mail: z.string().min(1).default('email'),
})

export const ProviderContext = z.discriminatedUnion('type', [SamlProvider, OidcProvider])
export type ProviderContext = z.infer<typeof ProviderContext>

export const ProvidersContext = z
  .array(ProviderContext)
  .max(10)
  .superRefine((providers, refused) => {
    const names = providers.map(({ name }) => name)
    if (new Set(names).size < names.length)
      refused.addIssue({ code: 'custom', message: 'must not hold two of the same name' })
    if (
      JSON.stringify(providers.map(({ name, groups, roles }) => [name, groups, roles])).length >
      GROUPS
    )
      refused.addIssue({
        code: 'custom',
        message: `must not take more than ${GROUPS} characters for names, groups and roles together (Lambda's settings)`,
      })
  })
  .default([])
