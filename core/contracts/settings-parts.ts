import { z } from 'zod'

/** An absolute path, or one relative to the data directory. */
export const Path = z.string().min(1).max(4_096)

export const Fingerprint = z
  .string()
  .regex(/^([0-9a-fA-F]{2}:?){32}$/, 'must be a SHA-256 fingerprint: 64 hex digits')

/** How a machine of ours reaches its control plane and opens the repository: a gateway, or a guest. */
export const connection = {
  /** Where the control plane answers, when it is not the one of this data directory. */
  controlUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** The control planes of all regions instead, the one to begin with first; the gateway finds out which is active (docs/second-region.md). */
  controlPlanes: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .max(5)
    .optional(),
  /** How long nobody may serve before the next control plane is tried. Seconds. */
  failoverAfterSeconds: z.number().min(0.1).max(3_600).default(60),
  passphraseFile: Path.optional(),
  /** Opens the repository instead of a passphrase. In full, so that nobody but the owner of these settings says which key is trusted. */
  kmsKey: z
    .string()
    .max(2_048)
    .regex(/^arn:[a-z-]+:kms:[a-z0-9-]+:\d+:key\/.+$/, 'must be the ARN of a KMS key')
    .optional(),
}

interface Addresses {
  controlUrl?: string | undefined
  controlPlanes?: string[] | undefined
}

export const isReachedOneWay = ({ controlUrl, controlPlanes }: Addresses): boolean =>
  controlUrl === undefined || controlPlanes === undefined

export const ONE_WAY = { message: 'takes either controlUrl or controlPlanes, and not both' }
