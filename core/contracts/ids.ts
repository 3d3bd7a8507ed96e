import { z } from 'zod'

/** Ids that we make: runs, jobs, gateways, points. Sort by time of birth. Specification: github.com/ulid/spec. */
export const Ulid = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be a ULID (26 characters)')

/** A repository's own id: 16 random bytes in lower-case hex, from its bootstrap object. */
export const RepositoryId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be a repository id (32 hex digits)')

/** UUIDs of XenServer objects, lower case. Opaque references never cross our wires: they do not outlive a pool restore. */
export const XenUuid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'must be the UUID of a XenServer object, in lower case',
  )

/** Milliseconds since 1970-01-01T00:00:00Z. */
export const Instant = z.int().nonnegative()

/** A count of bytes. */
export const Bytes = z.int().nonnegative()

/** A XAPI name_label: any text. Shown quoted, never interpreted. */
export const NameLabel = z.string().max(1_000)
