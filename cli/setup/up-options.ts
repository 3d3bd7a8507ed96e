import { resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

/** The options of `xenkeep up` as commander gives them. */
export interface UpOptions {
  pool?: string
  user?: string
  passwordFile?: string
  fingerprint?: string[]
  caFile?: string
  repository?: string
  port?: number
  passphraseFile?: string
  recoveryKitFile?: string
}

/** What the first start was asked to set up; paths are absolute. */
export interface Wish {
  pool: {
    url: string
    user: string
    passwordFile: string
    fingerprints: string[]
    caFile?: string
  }
  /** `file:/absolute/directory` or `s3://bucket/prefix` */
  repository: string
  port?: number
  passphraseFile?: string
  recoveryKitFile?: string
}

const EXAMPLE =
  'Example: xenkeep up --pool https://192.0.2.10 --user root --password-file /root/pool-password --repository file:/srv/backups'

/**
 * @param defaultRepository directory that is used unless an address is given
 * @throws `USAGE`
 */
export const wishOf = (options: UpOptions, defaultRepository: string): Wish => {
  if (!options.pool)
    throw new UsageError(
      'This is the first start on this data directory: say which pool to protect.',
      EXAMPLE,
    )
  if (!options.passwordFile)
    throw new UsageError(
      'Say with --password-file where the password of the pool is; a password is never taken from the command line.',
      EXAMPLE,
    )
  if (options.caFile && options.fingerprint)
    throw new UsageError('Give --fingerprint or --ca-file, not both.')
  return {
    pool: {
      url: poolUrl(options.pool),
      user: options.user ?? 'root',
      passwordFile: resolve(options.passwordFile),
      fingerprints: (options.fingerprint ?? []).map(plainFingerprint),
      ...(options.caFile ? { caFile: resolve(options.caFile) } : {}),
    },
    repository: repositoryAddress(options.repository ?? `file:${defaultRepository}`),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.passphraseFile ? { passphraseFile: resolve(options.passphraseFile) } : {}),
    ...(options.recoveryKitFile ? { recoveryKitFile: resolve(options.recoveryKitFile) } : {}),
  }
}

/** Whoever types credentials into an address should not find them on the screen and in logs. */
const shown = (address: string): string =>
  address.includes('@') ? 'An address with credentials in it' : quoted(address)

/** A bare name or address means https. @throws `USAGE` */
const poolUrl = (text: string): string => {
  const withScheme = text.includes('://') ? text : `https://${text}`
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.username || url.search)
    throw new UsageError(
      `${shown(text)} is not the address of a pool.`,
      'It reads https://HOST or https://HOST:PORT; the password travels only over TLS.',
    )
  return url.origin
}

/** SHA-256 as hex, colons allowed. @returns lower case without colons @throws `USAGE` */
const plainFingerprint = (text: string): string => {
  const hex = text.replaceAll(':', '').trim().toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hex))
    throw new UsageError(
      `${quoted(text)} is not a SHA-256 fingerprint (64 hex digits, colons allowed).`,
      'Run "xenkeep up" without --fingerprint to see the one that the pool shows.',
    )
  return hex
}

/** @throws `USAGE` */
const repositoryAddress = (text: string): string => {
  const [, directory] = /^file:(?:\/\/)?(.+)$/.exec(text) ?? []
  if (directory) return `file:${resolve(directory)}`
  if (/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/.test(text)) return text.replace(/\/+$/, '')
  throw new UsageError(
    `${shown(text)} is not the address of a repository.`,
    'It reads file:DIRECTORY or s3://BUCKET/PREFIX.',
  )
}

/** @returns the words of a shell command, quoted where a shell needs it (POSIX) */
export const shellCommand = (words: readonly string[]): string =>
  words
    .map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ')
