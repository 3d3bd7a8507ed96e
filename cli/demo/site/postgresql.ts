import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { XenkeepError } from '#core/errors/base.ts'
import { writePrivateFile } from '../../setup/private-file.ts'
import type { Closers } from '../stage.ts'
import { findProgram, isRoot, output, postgresFolder, run } from './programs.ts'

/** The PostgreSQL server of the demo did not start. */
class DemoDatabaseError extends XenkeepError {
  readonly code = 'DEMO_DATABASE_FAILED'
  constructor(why: string) {
    super(`The PostgreSQL server of the demo did not start: ${why}.`, {
      advice: 'Without the package postgresql the demo leaves the database out and says so.',
    })
  }
}

/** A PostgreSQL server of the demo's own, in the role of the site's SQL Server. */
export interface Database {
  port: number
  passwordFile: string
  /** @returns what psql prints, columns with "|" between them */
  sql: (text: string, database?: string) => Promise<string>
}

const START_MS = 30_000

/** @returns why there can be none on this machine; nothing where there can */
export const noDatabaseBecause = (): string | undefined => {
  if (!postgresFolder()) return 'PostgreSQL is not installed (package postgresql)'
  const missing = ['psql', 'pg_dump', 'pg_restore', 'pg_dumpall', 'setpriv'].find(
    name => !findProgram(name),
  )
  return missing && `the program ${missing} is not installed`
}

/**
 * Starts a server that listens on the loopback alone. It ends with the demo, however that ends.
 * @param closers gets what ends it
 * @throws `DEMO_DATABASE_FAILED`
 */
export const startDatabase = async (folder: string, closers: Closers): Promise<Database> => {
  const bin = postgresFolder() ?? ''
  const home = join(folder, 'postgresql')
  const data = join(home, 'data')
  const passwordFile = join(folder, 'postgresql-password')
  const password = randomBytes(18).toString('base64url')
  await mkdir(home)
  await writePrivateFile(passwordFile, `${password}\n`)
  const asServer = await user(folder, home)
  const initial = join(home, 'password')
  await writeFile(initial, password, { mode: 0o600 })
  if (asServer.id !== undefined) await chown(initial, asServer.id, asServer.id)
  const options = ['--no-sync', '--auth=scram-sha-256', '--username=postgres']
  await run('setpriv', [
    ...[...asServer.words, join(bin, 'initdb'), ...options, '--encoding=UTF8'],
    ...['--locale=C.UTF-8', `--pwfile=${initial}`, data],
  ])
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'shared_buffers=16MB']
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'INT', ...asServer.words, join(bin, 'postgres'), '-D', data, '-F'],
      ...['-p', String(port), ...settings.flatMap(setting => ['-c', setting])],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  let said = ''
  child.stderr?.on('data', text => {
    said = `${said}${text}`.slice(-1_000)
  })
  const gone = once(child, 'exit')
  closers.push(async () => {
    child.kill('SIGINT')
    await gone
  })

  const env = { PATH: process.env.PATH, PGHOST: '127.0.0.1', PGPORT: String(port) }
  const login = { ...env, PGUSER: 'postgres', PGPASSWORD: password }
  const psql = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1']
  const sql = async (text: string, database = 'postgres') => {
    const { stdout } = await run('psql', [...psql, `--command=${text}`], {
      ...output,
      env: { ...login, PGDATABASE: database },
    })
    return stdout.trim()
  }
  for (const until = Date.now() + START_MS; ; ) {
    if (child.exitCode !== null || Date.now() > until)
      throw new DemoDatabaseError(said.trim() || 'it does not answer')
    const up = await sql('SELECT 1').catch(() => '')
    if (up === '1') break
    await pause(100)
  }
  return { port, passwordFile, sql }
}

/** PostgreSQL refuses to be run by root. @returns words for setpriv, and the user's id where it is another */
const user = async (folder: string, home: string): Promise<{ words: string[]; id?: number }> => {
  if (!isRoot()) return { words: ['--'] }
  const { stdout } = await run('id', ['-u', 'postgres'])
  const id = Number(stdout)
  // It may pass through to its own files, and sees no others.
  await chmod(folder, 0o711)
  await chown(home, id, id)
  return { words: ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--'], id }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
