import { z } from 'zod'

export const Region = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be the name of an AWS region, such as eu-central-1')

export const AccountId = z
  .string()
  .regex(/^\d{12}$/, 'must be the 12 digits of an AWS account, in quotes')

export const Mail = z.email('must be a mail address')

export const Days = z.int('must be a whole number of days').min(1)

/** RFC 1035 names of two labels at least, in lower case. */
export const DomainName = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'must be a domain name, such as backup.example.com',
  )

export const BucketName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{1,61})[a-z0-9]$/,
    'must be a bucket name of 3 to 63 lower-case letters, digits and hyphens (a dot breaks TLS)',
  )
