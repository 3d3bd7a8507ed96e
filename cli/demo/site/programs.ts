import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)

const MiB = 1024 * 1024
/** What programs of others may print. */
export const output = { maxBuffer: 16 * MiB }

/** Some programs live in /usr/sbin, which is not on every user's PATH. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
    .map(folder => join(folder, name))
    .find(file => existsSync(file))

export const isRoot = (): boolean => process.getuid?.() === 0

const DEBIAN = '/usr/lib/postgresql'

/** Where Debian keeps the programs of the newest PostgreSQL server. */
export const postgresFolder = (): string | undefined =>
  existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .sort((a, b) => Number(b) - Number(a))
        .map(version => join(DEBIAN, version, 'bin'))
        .find(bin => existsSync(join(bin, 'initdb')))
    : undefined
