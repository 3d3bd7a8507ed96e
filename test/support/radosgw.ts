import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { cephConf } from './ceph-conf.ts'
import { freePort } from './free-port.ts'
import { requireTool } from './tools.ts'

/** Debian: ceph-mon ceph-osd ceph-mgr radosgw ceph-common (and util-linux, which is everywhere). */
export const RADOSGW_TOOLS = [
  'ceph',
  'ceph-mon',
  'ceph-osd',
  'ceph-mgr',
  'radosgw',
  'radosgw-admin',
  'monmaptool',
  'setpriv',
]

/** Enough for start or stop on two busy cores; measured: 20 s. */
export const RADOSGW_TIMEOUT = 120_000 // ms

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
}

export interface Radosgw {
  endpoint: string
  /** of a user who owns the buckets that it makes */
  credentials: Credentials
  /** @returns the credentials of another user, who may do nothing until a bucket policy says so; `arn:aws:iam:::user/<name>` there */
  createUser: (name: string) => Promise<Credentials>
  /**
   * Makes a role that a user may assume.
   * @returns its ARN
   */
  createRole: (name: string, trusted: string, policy: object) => Promise<string>
  /** Replaces what a role may do, for sessions that were given out as well. */
  putRolePolicy: (name: string, policy: object) => Promise<void>
  stop: () => Promise<void>
}

const run = promisify(execFile)
const PREFIX = 'xenkeep-radosgw-' // and the process that made the directory

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A test process that was killed could not remove its directory. */
const removeLeftovers = async () => {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : 0
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

const stopChild = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await exited
  clearTimeout(patience)
}

const until = async (what: string, holds: () => Promise<boolean>) => {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds().catch(() => false)) return
    await delay(200)
  }
  throw new Error(`Ceph: ${what} did not happen within a minute`)
}

/**
 * Starts Ceph's S3 on a free port of 127.0.0.1, data below one temporary directory. The daemons are children that die with
 * us: the kernel ends them when the test process is killed.
 */
export const startRadosgw = async (): Promise<Radosgw> => {
  await removeLeftovers()
  const d = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const conf = join(d, 'ceph.conf')
  const ports = { monV2: await freePort(), monV1: await freePort(), s3: await freePort() }
  const fsid = randomUUID()
  for (const name of ['run', 'log', 'crash', 'mon', 'mgr', 'osd0', 'rgw'])
    await mkdir(join(d, name))
  await writeFile(conf, cephConf(d, { fsid, ports }))

  const children: ChildProcess[] = []
  const tool = (name: string, ...args: string[]) =>
    run(requireTool(name), ['-c', conf, ...args], { timeout: 30_000 })
  const daemon = (name: string, ...args: string[]) => {
    const command = [requireTool(name), '-c', conf, '-f', ...args]
    children.push(
      spawn(requireTool('setpriv'), ['--pdeathsig', 'KILL', ...command], { stdio: 'ignore' }),
    )
  }
  // radosgw first, then manager, OSD, monitor: each may still need the one that stops after it.
  const stop = async () => {
    for (const child of children.toReversed()) await stopChild(child)
    await rm(d, { recursive: true, force: true })
  }

  try {
    const monmap = join(d, 'monmap')
    const addresses = `[v2:127.0.0.1:${ports.monV2},v1:127.0.0.1:${ports.monV1}]`
    await run(requireTool('monmaptool'), [
      '--create',
      '--fsid',
      fsid,
      '--addv',
      'a',
      addresses,
      monmap,
    ])
    await tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monmap)
    daemon('ceph-mon', '-i', 'a')
    const osd = randomUUID()
    await tool('ceph', 'osd', 'new', osd)
    await tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd)
    daemon('ceph-osd', '-i', '0')
    daemon('ceph-mgr', '-i', 'x')
    await until('the OSD coming up', async () =>
      (await tool('ceph', 'osd', 'stat')).stdout.includes('1 up'),
    )
    const createUser = async (name: string): Promise<Credentials> => {
      const user = ['user', 'create', '--uid', name, '--display-name', name]
      const { stdout } = await tool('radosgw-admin', '-n', 'client.rgw', ...user)
      const [key] = JSON.parse(stdout).keys
      return { accessKeyId: key.access_key, secretAccessKey: key.secret_key }
    }
    const admin = (...args: string[]) => tool('radosgw-admin', '-n', 'client.rgw', ...args)
    const putRolePolicy = async (name: string, policy: object) => {
      const rights = ['--policy-name', 'rights', '--policy-doc', JSON.stringify(policy)]
      await admin('role-policy', 'put', '--role-name', name, ...rights)
    }
    const createRole = async (name: string, trusted: string, policy: object) => {
      const trust = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: [`arn:aws:iam:::user/${trusted}`] },
            Action: ['sts:AssumeRole'],
          },
        ],
      }
      const role = ['--role-name', name]
      const document = ['--assume-role-policy-doc', JSON.stringify(trust)]
      const { stdout } = await admin('role', 'create', ...role, ...document)
      await putRolePolicy(name, policy)
      return JSON.parse(stdout).Arn as string
    }
    const credentials = await createUser('xenkeep')
    daemon('radosgw', '-n', 'client.rgw')
    const endpoint = `http://127.0.0.1:${ports.s3}`
    await until('radosgw answering', async () => (await fetch(endpoint)).ok)
    return { endpoint, credentials, createUser, createRole, putRolePolicy, stop }
  } catch (error) {
    const log = await readFile(join(d, 'log', 'client.rgw.log'), 'utf8').catch(() => '')
    await stop()
    throw new Error(`Ceph did not start.\n${log.slice(-2000)}`, { cause: error })
  }
}
