import { z } from 'zod'
import { DomainName, Mail } from './parts.ts'
import { ProvidersContext } from './providers.ts'

/** Everybody of the pool signs in with a second factor, an authenticator app: there is no switch for that. Who comes from a provider of the company has that provider's. */
export const PeopleContext = z.strictObject({
  /** Where people sign in: `https://NAME.auth.REGION.amazoncognito.com`; in the second region `NAME-standby`. */
  signInDomain: z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9-]{0,53}[a-z0-9])?$/,
      'must be at most 55 lower-case letters, digits and hyphens',
    )
    .refine(name => !/aws|amazon|cognito/.test(name), 'must not hold aws, amazon or cognito (AWS)'),
  passwordLength: z.int().min(12).max(99).default(14),
  /** How long a sign-in lasts without asking again. */
  sessionHours: z.int().min(1).max(24).default(12),
  /** Identity providers of the company, by which people sign in too. */
  providers: ProvidersContext,
})
export type PeopleContext = z.infer<typeof PeopleContext>

export const ConsoleContext = z.strictObject({
  /** A domain of yours for the console, with its certificate; CloudFront gives a name otherwise. */
  domain: z
    .strictObject({
      name: DomainName,
      certificateArn: z
        .string()
        .regex(
          /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]{36}$/,
          'must be the ARN of a certificate in us-east-1 (CloudFront takes no other)',
        ),
    })
    .optional(),
})
export type ConsoleContext = z.infer<typeof ConsoleContext>

export const NotificationsContext = z.strictObject({
  /** Who reports come from. SES asks its owner by mail, or a whole domain by DNS records, before it sends. */
  mailFrom: Mail,
  /** The domain of `mailFrom` is verified by DNS records (DKIM) instead of the one address by mail. */
  verifyDomain: z.boolean().default(false),
  /** Who hears of alarms by mail. */
  operators: z.array(Mail).nonempty().max(10),
})
export type NotificationsContext = z.infer<typeof NotificationsContext>
