import { execFile, spawn } from 'node:child_process'
import { chownSync, existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../free-port.ts'

const run = promisify(execFile)
const ROOT = '/usr/lib/postgresql'

/** Where Debian keeps the server's programs, newest version first; undefined where there is none. */
const postgresBin = (): string | undefined =>
  existsSync(ROOT)
    ? readdirSync(ROOT)
        .sort((a, b) => Number(b) - Number(a))
        .map(version => join(ROOT, version, 'bin'))
        .find(bin => existsSync(join(bin, 'initdb')))
    : undefined

/** A PostgreSQL server of its own on this machine, which asks for a password. */
export interface Cluster {
  port: number
  password: string
  /** @returns rows, columns with tabs between them */
  sql(text: string, database?: string): Promise<string[]>
  /** A row of statements that goes on until it is stopped. @returns how many transactions were done */
  load(text: string, database: string): { stop(): Promise<number> }
  close(): Promise<void>
}

/** PostgreSQL refuses to be run by root. */
const asPostgres = (argv: string[]): [string, string[]] =>
  process.getuid?.() === 0
    ? ['runuser', ['-u', 'postgres', '--', ...argv]]
    : [argv[0] as string, argv.slice(1)]

export const startCluster = async (): Promise<Cluster> => {
  const bin = postgresBin() ?? ''
  const folder = await mkdtemp(join(tmpdir(), 'pg-'))
  const password = `pass'wort ${Math.random().toString(36).slice(2)}`
  const data = join(folder, 'data')
  const secret = join(folder, 'password')
  await writeFile(secret, password)
  if (process.getuid?.() === 0) {
    const { stdout } = await run('id', ['-u', 'postgres'])
    for (const path of [folder, secret]) chownSync(path, Number(stdout), Number(stdout))
  }
  const port = await freePort()
  await run(
    ...asPostgres([
      ...[join(bin, 'initdb'), '--no-sync', '--auth=scram-sha-256', '--username=postgres'],
      ...['--encoding=UTF8', '--locale=C.UTF-8', `--pwfile=${secret}`, data],
    ]),
  )
  const options = `-F -p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c shared_buffers=16MB`
  await run(
    ...asPostgres([
      join(bin, 'pg_ctl'),
      ...['-D', data, '-w', '-o', options, '-l', join(folder, 'log'), 'start'],
    ]),
  )
  const env = {
    ...{ PATH: process.env.PATH, PGHOST: '127.0.0.1', PGPORT: String(port) },
    ...{ PGUSER: 'postgres', PGPASSWORD: password },
  }
  const psql = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--field-separator=\t']
  return {
    port,
    password,
    sql: async (text, database = 'postgres') => {
      const argv = [...psql, '--set=ON_ERROR_STOP=1', `--command=${text}`]
      const { stdout } = await run('psql', argv, {
        env: { ...env, PGDATABASE: database },
        maxBuffer: 64e6,
      })
      return stdout.split('\n').filter(line => line !== '')
    },
    load: (text, database) => {
      const child = spawn('psql', psql, {
        env: { ...env, PGDATABASE: database },
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      child.stdin.on('error', () => undefined)
      let going = true
      let done = 0
      const loop = (async () => {
        while (going) {
          if (!child.stdin.write(`${text}\n`))
            await new Promise(resolve => child.stdin.once('drain', resolve))
          done++
          await new Promise(resolve => setTimeout(resolve, 2))
        }
        child.stdin.end()
        await new Promise(resolve => child.once('exit', resolve))
        return done
      })()
      return {
        stop: () => {
          going = false
          return loop
        },
      }
    },
    close: async () => {
      await run(...asPostgres([join(bin, 'pg_ctl'), '-D', data, '-m', 'immediate', 'stop'])).catch(
        () => undefined,
      )
      await rm(folder, { recursive: true, force: true })
    },
  }
}
